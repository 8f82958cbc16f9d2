"""Follow what is left of a flash-sale item."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.find_items import find_items
from services.flash_sale.remaining import Left, look_at

_LOOK_AGAIN = 30.0
_LEAST_PAUSE = 0.3
# Between two values to one reader: so long that all readers of an item get no more than these a second.
_VALUES_A_SECOND = 1_000


async def follow_remaining(infra: Infra, item: FlashItemDoc) -> AsyncGenerator[Left, None]:
    """Yields what is left now, and again when that has changed, a few times a second at most, and at the end of
    the sale.

    A reader that is slow gets the newest value next, not all of them. Errors: StoreUnavailable at the first look.
    """
    with infra.signals.watch(item.id) as watch:
        first = (await look_at(infra, [item])).get(item.id, Left(item, 0))
        item, seen = first.item, first.units
        yield first
        while True:
            await asyncio.sleep(max(_LEAST_PAUSE, infra.signals.watchers(item.id) / _VALUES_A_SECOND))
            until_end = (item.ends_at - infra.now()).total_seconds()
            await watch.changed(min(_LOOK_AGAIN, until_end) if until_end > 0 else _LOOK_AGAIN)
            left = await _again(infra, item)
            if left is None:
                continue
            item = left.item
            if left.units != seen or item.is_over(infra.now()):
                seen = left.units
                yield left


async def _again(infra: Infra, item: FlashItemDoc) -> Left | None:
    """Look once at the database and once at Redis for all readers that were woken together, thousands perhaps."""

    async def load(items: Sequence[FlashItemDoc]) -> dict[FlashItemDoc, Left]:
        known = {one.id: one for one in items}
        with suppress(StoreUnavailable):  # Redis has what counts
            known = known | await find_items(infra, list(known))
        found = await look_at(infra, list(known.values()))
        return {one: found[one.id] for one in items if one.id in found}

    try:
        return await infra.signals.together("remaining", load).read(item)
    except StoreUnavailable:
        return None
