"""What is on hand changes: units come, go, or are counted. What staff's verbs share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import StockEntry, StockLevel, Variant
from services.shared.errors import InvalidInput, NotFound, OutOfStock
from services.shared.events import StockChanged
from services.shared.tell import tell
from services.shared.texts import MOST_QUANTITY, line_problem, sku_problem
from services.stock.rows import Origin, change_levels, ledger_row, lock_level, place_order
from services.stock.rules import NOTHING, Counts, Place

NO_SKU: Final = "There is no such SKU."
NOTE_LENGTH: Final = 200
DOCUMENT_LENGTH: Final = 100


def text_problem(text: str | None, maximum: int = NOTE_LENGTH, *, required: bool = False) -> str | None:
    return None if text is None else line_problem(text, maximum, required=required)


def check_sku(sku: str) -> None:
    """Refuse what can be no SKU before any store is asked. Errors: NotFound."""
    if sku_problem(sku):
        raise NotFound(NO_SKU)


async def require_sku(session: AsyncSession, sku: str) -> None:
    """Errors: NotFound."""
    if await session.scalar(select(Variant.id).where(Variant.sku == sku)) is None:
        raise NotFound(NO_SKU)


async def change_on_hand(
    session: AsyncSession, units: Mapping[Place, int], origin: Origin, now: datetime, *, field: str
) -> None:
    """Add so many of a SKU at each place, or take them, with rows in the ledger and events.

    Errors: OutOfStock, InvalidInput (``field``).
    """
    levels = {place: await _open_level(session, place, now) for place in sorted(units, key=place_order)}
    changes = {place: Counts(on_hand=count, available=count) for place, count in units.items()}
    for place, deltas in changes.items():
        if levels[place].available + deltas.available < 0:
            raise OutOfStock(place[0], levels[place].available)
    await _check_most(session, units, field)
    await change_levels(session, changes, origin.cause, now, told=True)
    ledger = [ledger_row(place, deltas, origin, now) for place, deltas in changes.items()]
    await session.execute(insert(StockEntry), ledger)
    moved = [place for place, deltas in changes.items() if deltas != NOTHING]
    await tell(session, now, *(_changed(place, levels[place], changes[place], origin) for place in moved))


async def _open_level(session: AsyncSession, place: Place, now: datetime) -> Counts:
    """Lock a level and read it; an empty one is made when there is none."""
    level = await lock_level(session, place)
    if level is None:
        session.add(StockLevel(sku=place[0], warehouse_id=place[1], updated_at=now, **NOTHING._asdict()))
        await session.flush()
    return level or NOTHING


async def _check_most(session: AsyncSession, units: Mapping[Place, int], field: str) -> None:
    """Over all warehouses, so that their sum stays a number that clients can read."""
    (sku,), more = {sku for sku, _ in units}, sum(units.values())
    on_hand = await session.scalar(select(func.sum(StockLevel.on_hand)).where(StockLevel.sku == sku))
    if more > 0 and int(on_hand or 0) + more > MOST_QUANTITY:
        raise InvalidInput.at(field, message=f"would make it more than {MOST_QUANTITY} on hand")


def _changed(place: Place, level: Counts, deltas: Counts, origin: Origin) -> StockChanged:
    after = level.plus(deltas)
    return StockChanged(*place, origin.cause, deltas.on_hand, after.on_hand, after.available, origin.reference,
                        set_aside=after.set_aside, held=after.held, committed=after.committed)  # fmt: skip
