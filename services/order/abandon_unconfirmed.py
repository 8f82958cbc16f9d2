"""Decide on reservations whose publishing had no known outcome: keep them, or undo them as if never made."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from models import Order
from models.order_document import OrderSnapshot
from services.reservation.await_drained import await_drained
from services.reservation.keys import LOADED_ITEMS, ItemKeys, run
from services.reservation.release import Forget, confirm, release
from services.reservation.rows import PendingState, read_pending
from services.reservation.undo_orders import refuse_orders

log = structlog.get_logger(__name__)

UNCONFIRMED_AFTER = timedelta(seconds=15)
"""A request has long been answered by then, whatever it waited for."""
_AT_ONCE = 500
"""Entries of an item in one round."""


@dataclass(frozen=True, slots=True)
class _Doubtful:
    sku: str
    item_id: UUID
    touched_ms: int
    order: OrderSnapshot


async def abandon_unconfirmed(infra: Infra, *, older_than: timedelta = UNCONFIRMED_AFTER) -> int:
    """Undo pending orders that the log, read to its end, does not have; returns how many were undone.

    Errors: StoreUnavailable.
    """
    doubtful = await find_unconfirmed(infra, older_than)
    if not doubtful:
        return 0
    await await_drained(infra)
    return await _decide(infra, doubtful)


async def find_unconfirmed(infra: Infra, older_than: timedelta) -> list[_Doubtful]:
    """Find pending orders that nobody touched for ``older_than`` by Redis's clock; of each item some of them only.

    While the workers are behind, that is every order on its way: there is no use in looking at all of them.
    """
    now = min(await asyncio.gather(*(server.time_ms() for server in infra.redis.servers())))
    [members] = await infra.redis.execute(("SMEMBERS", LOADED_ITEMS))
    limit = now - int(older_than.total_seconds() * 1000)
    found: list[_Doubtful] = []
    for member in members:
        item, _, sku = member.decode().partition("|")
        found += await _old_entries(infra, sku, UUID(item), limit)
    return found


async def _old_entries(infra: Infra, sku: str, item_id: UUID, limit_ms: int) -> list[_Doubtful]:
    pending = ItemKeys.of(sku, item_id).pending
    found: list[_Doubtful] = []
    deadline = time.monotonic() + infra.settings.store_timeout
    server = infra.redis.at(pending)
    async with server.guard(2 * infra.settings.store_timeout):
        async for order, entry in server.client.hscan_iter(pending, count=500):
            if one := _read(sku, item_id, order, entry, limit_ms):
                found.append(one)
            if len(found) >= _AT_ONCE or time.monotonic() > deadline:
                break  # the rest in the next round
    return found


def _read(sku: str, item_id: UUID, order: bytes, entry: bytes, limit_ms: int) -> _Doubtful | None:
    """Returns nothing for a parked or a newer one, and for one that is none of ours: the reconciler names that."""
    try:
        held = read_pending(entry)
        if held is None:
            raise ValueError("no entry of ours")
        if held.touched_ms > limit_ms or held.state == PendingState.PARKED:
            return None
        return _Doubtful(sku, item_id, held.touched_ms, held.order(0))
    except (ValueError, LookupError):
        log.warning("reservation.unreadable", sku=sku, order=order.decode(errors="replace"))
        return None


async def _decide(infra: Infra, doubtful: list[_Doubtful]) -> int:
    ids = [entry.order.id for entry in doubtful]
    async with infra.database.read() as session:
        stored = set(await session.scalars(select(Order.id).where(Order.id.in_(ids))))
    await confirm(infra, [entry.order for entry in doubtful if entry.order.id in stored])
    undone = 0
    for entry in doubtful:
        if entry.order.id not in stored and await _undo(infra, entry):
            log.warning("order.abandoned", order_id=str(entry.order.id), sku=entry.sku)
            undone += 1
    return undone


async def _undo(infra: Infra, entry: _Doubtful) -> bool:
    keys = ItemKeys.of(entry.sku, entry.item_id)
    ours = await run(
        infra.redis,
        "abandon",
        [keys.item, keys.pending],
        [RUN_ID, entry.order.id.hex, entry.touched_ms],
    )
    if not ours or not await _close_the_barrier(infra, entry.order.id):
        return False
    await release(infra, {(entry.sku, entry.item_id): [entry.order.id]}, forget=Forget.YES)
    return True


async def _close_the_barrier(infra: Infra, order_id: UUID) -> bool:
    """Close the barrier; returns False when the order was persisted after all."""
    return bool(await refuse_orders(infra, [order_id]))
