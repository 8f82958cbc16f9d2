"""Change stock levels: every verb that moves units does it here, and writes its rows into the ledger beside it.

Rows are locked in one order by all: items of sales by id, levels by SKU and warehouse, thresholds by SKU.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import StockCause, StockLevel
from services.stock.counts import NOTHING, Counts, Place
from services.stock.low_stock import note_low_stock


class LevelMissing(LookupError):
    """Units were to be moved where there are none: the books are broken."""

    def __init__(self, place: Place) -> None:
        super().__init__(f"no stock level of {place[0]} in warehouse {place[1]}")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the ledger says of a change: why, by whom, for what; ``document`` is a number on somebody's paper."""

    cause: StockCause
    actor: str
    reference: UUID | None = None
    document: str | None = None
    note: str | None = None


def sum_up(changes: Iterable[tuple[Place, Counts]]) -> dict[Place, Counts]:
    """One change a place, of any number."""
    found: dict[Place, Counts] = defaultdict(Counts)
    for place, deltas in changes:
        found[place] = found[place].plus(deltas)
    return found


async def change_levels(session: AsyncSession, changes: Mapping[Place, Counts], now: datetime) -> None:
    """In the caller's transaction: one update a place, and the event of a SKU that is low now.

    A bucket that would be below 0 is refused by the database itself (a DBAPIError): callers that expect it look
    first, under a lock. Errors: LevelMissing.
    """
    for place in sorted(changes, key=place_order):
        deltas = changes[place]
        if deltas == NOTHING:
            continue
        changed = await session.execute(
            update(StockLevel)
            .where(StockLevel.sku == place[0], StockLevel.warehouse_id == place[1])
            .values(_values(deltas) | {"updated_at": now})
            .execution_options(synchronize_session=False)
        )
        if changed.rowcount != 1:  # type: ignore[attr-defined]
            raise LevelMissing(place)
    await note_low_stock(session, {place[0] for place, deltas in changes.items() if deltas.sellable}, now)


def place_order(place: Place) -> tuple[bytes, bytes]:
    """The order in which all lock levels."""
    return place[0].encode(), place[1].bytes


def _values(deltas: Counts) -> dict[str, Any]:
    # MySQL sets columns from left to right and checks the row when it is done.
    changed = ((name, delta) for name, delta in zip(Counts._fields, deltas, strict=True) if delta)
    return {name: getattr(StockLevel, name) + delta for name, delta in changed}


async def lock_level(session: AsyncSession, place: Place) -> Counts | None:
    """None when there is none; then another may make it before this transaction does."""
    columns = [getattr(StockLevel, name) for name in Counts._fields]
    locked = select(*columns).where(StockLevel.sku == place[0], StockLevel.warehouse_id == place[1])
    row = (await session.execute(locked.with_for_update())).first()
    return None if row is None else Counts(*row)


def ledger_row(place: Place, deltas: Counts, origin: Origin, now: datetime) -> dict[str, Any]:
    """A row of the ledger, as plain values for a multi-row INSERT."""
    return {
        "id": new_id(),
        "sku": place[0],
        "warehouse_id": place[1],
        "cause": origin.cause,
        **deltas._asdict(),
        "actor": origin.actor,
        "reference": origin.reference,
        "document": origin.document,
        "note": origin.note,
        "at": now,
    }
