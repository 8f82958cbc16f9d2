"""What is on hand changes: units come, go, or are counted. What staff's verbs share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import OutboxMessage, StockEntry, StockLevel, Variant
from services.catalog.rules import MOST_QUANTITY, line_problem, sku_problem
from services.errors import FieldProblem, InvalidInput, NotFound, OutOfStock
from services.events import STOCK_CHANGED
from services.stock.announce import stock_event
from services.stock.counts import NOTHING, Counts, Place
from services.stock.levels import Origin, change_levels, ledger_row, lock_level

NO_SKU: Final = "There is no such SKU."
NOTE_LENGTH: Final = 200
DOCUMENT_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, with which key. The ledger names them, and the operation by an id of its own."""

    by: UUID
    key: str

    @property
    def actor(self) -> str:
        return f"user:{self.by.hex}"


def check_fields(**problems: str | None) -> None:
    """Errors: InvalidInput with every field that has a problem."""
    found = [FieldProblem(("input", name), problem) for name, problem in problems.items() if problem]
    if found:
        raise InvalidInput(found)


def units_problem(units: int, least: int = 1) -> str | None:
    return None if least <= units <= MOST_QUANTITY else f"must be {least} to {MOST_QUANTITY}"


def note_problem(note: str | None, maximum: int = NOTE_LENGTH, *, required: bool = False) -> str | None:
    return None if note is None else line_problem(note, maximum, required=required)


def check_sku(sku: str) -> None:
    """What can be no SKU is asked of no store. Errors: NotFound."""
    if sku_problem(sku):
        raise NotFound(NO_SKU)


async def require_sku(session: AsyncSession, sku: str) -> None:
    """Errors: NotFound."""
    if await session.scalar(select(Variant.id).where(Variant.sku == sku)) is None:
        raise NotFound(NO_SKU)


async def _open_level(session: AsyncSession, place: Place, now: datetime) -> Counts:
    """The level, locked; an empty one is made when there is none."""
    level = await lock_level(session, place)
    if level is None:
        session.add(StockLevel(sku=place[0], warehouse_id=place[1], updated_at=now, **NOTHING._asdict()))
        await session.flush()
    return level or NOTHING


async def change_on_hand(
    session: AsyncSession, place: Place, units: int, origin: Origin, now: datetime, *, field: str
) -> None:
    """So many more, or fewer. Errors: OutOfStock, InvalidInput (``field``)."""
    level = await _open_level(session, place, now)
    if level.available + units < 0:
        raise OutOfStock(place[0], level.available)
    if level.on_hand + units > MOST_QUANTITY:
        raise InvalidInput.at(field, message=f"would make it more than {MOST_QUANTITY} on hand")
    deltas = Counts(on_hand=units, available=units)
    await change_levels(session, {place: deltas}, now)
    await session.execute(insert(StockEntry), [ledger_row(place, deltas, origin, now)])
    await session.execute(insert(OutboxMessage), [_changed(place, level.plus(deltas), units, origin, now)])


def _changed(place: Place, level: Counts, units: int, origin: Origin, now: datetime) -> dict[str, object]:
    data = {
        "warehouseId": place[1].hex,
        "cause": origin.cause.value,
        "units": units,
        "onHand": level.on_hand,
        "available": level.available,
        "reference": origin.reference.hex if origin.reference else None,
    }
    return stock_event(STOCK_CHANGED, place[0], data, now)
