"""Finish the requests under way of items that sell no more: each is accepted at once or never."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from services.reservation.keys import ItemKeys, run
from services.reservation.undo_orders import undo_orders
from services.shared.patience import requests_patience

GRACE = 0.25
"""Seconds that requests under way are left to be accepted: many times what one takes."""
_POLL = 0.01
_AT_ONCE = 500

Place = tuple[str, UUID]
"""SKU and flash-sale item."""


async def finish_requests(infra: Infra, places: Sequence[Place]) -> int:
    """Give up the requests that were under way. The script must refuse new reservations already. Returns how many
    requests were too late.

    Their orders are undone; one that the workers were faster to persist is kept. Errors: StoreUnavailable.
    """
    deadline = time.monotonic() + GRACE
    while (still := await _with_requests(infra, places)) and time.monotonic() < deadline:
        await asyncio.sleep(_POLL)
    late = 0
    for place in still:
        late += await _finish_item(infra, *place)
    return late


async def _with_requests(infra: Infra, places: Sequence[Place]) -> list[Place]:
    if not places:
        return []
    counts = await infra.redis.execute(*(("SCARD", ItemKeys.of(*place).open) for place in places))
    return [place for place, count in zip(places, counts, strict=True) if count]


async def _finish_item(infra: Infra, sku: str, item_id: UUID) -> int:
    keys, late = ItemKeys.of(sku, item_id), 0
    while taken := await run(infra.redis, "take", [keys.item, keys.pending, keys.open], [RUN_ID, _AT_ONCE]):
        order_ids = [UUID(order.decode()) for order in taken]
        late += len(await undo_orders(infra, sku, item_id, order_ids, timeout=requests_patience(infra)))
    return late
