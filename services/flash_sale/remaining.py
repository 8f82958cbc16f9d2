"""What is left of flash-sale items now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from infra.cache.dependencies import depend_on
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import FlashSaleItem
from models.changes import item_tag
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.find_items import find_items
from services.reservation.keys import ItemKeys, look_at_counters


@dataclass(frozen=True, slots=True)
class Left:
    """Units, and the item as it is by now: its sale may have been changed since the caller read it."""

    item: FlashItemDoc
    units: int


@dataclass(frozen=True, slots=True)
class _Live:
    units: int | None
    version: int | None


async def remaining(infra: Infra, items: Sequence[FlashItemDoc]) -> dict[UUID, int]:
    """Returns the units left by item: Redis's live count, or the database's where Redis has none; 0 once the sale
    is over."""
    return {item_id: left.units for item_id, left in (await look_at(infra, items)).items()}


async def look_at(infra: Infra, items: Sequence[FlashItemDoc]) -> dict[UUID, Left]:
    """Look as ``remaining``, without the items that are no more. Errors: StoreUnavailable."""
    depend_on(item_tag(item.id) for item in items)
    live = await _from_redis(infra, items)
    known = {item.id: item for item in items}
    changed = [i for i, one in live.items() if one.version is not None and one.version != known[i].version]
    if changed:
        fresh = await find_items(infra, changed)
        known = {i: item for i, item in known.items() if i not in changed} | fresh
    now = infra.now()
    units = {i: 0 for i, item in known.items() if item.is_over(now)}
    units |= {i: one.units for i, one in live.items() if one.units is not None and i in known and i not in units}
    missing = [i for i in known if i not in units]
    if missing:
        units |= await _from_database(infra, missing)
    return {i: Left(item, units[i]) for i, item in known.items() if i in units}


async def _from_database(infra: Infra, item_ids: Sequence[UUID]) -> dict[UUID, int]:
    statement = select(FlashSaleItem.id, FlashSaleItem.remaining).where(FlashSaleItem.id.in_(item_ids))
    async with infra.database.read() as session:
        return {row[0]: row[1] for row in await session.execute(statement)}


async def _from_redis(infra: Infra, items: Sequence[FlashItemDoc]) -> dict[UUID, _Live]:
    """Read the counters; nothing when Redis is away; no units where its counters are not to be believed."""
    try:
        replies = await look_at_counters(infra, [ItemKeys.of(item.sku, item.id) for item in items])
    except StoreUnavailable:
        return {}
    return {
        item.id: _Live(int(left) if loaded and left else None, int(version) if version else None)
        for item, (loaded, left, version) in zip(items, replies, strict=True)
    }
