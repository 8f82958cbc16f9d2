"""Rows of stock: which warehouse a SKU is taken from, its levels, the ledger, and the event of one that is low.

Every verb that moves units changes the levels here, and writes its rows into the ledger beside them. Rows are
locked in one order by all: items of sales by id, levels by SKU and warehouse, thresholds by SKU.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import StockCause, StockLevel, StockThreshold, Warehouse
from models.changes import note_changed
from services.shared.errors import NotFound
from services.shared.events import StockLow
from services.shared.tell import tell
from services.stock.rules import NOTHING, Counts, Place


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
    """Add up the changes, one a place, of any number."""
    found: dict[Place, Counts] = defaultdict(Counts)
    for place, deltas in changes:
        found[place] = found[place].plus(deltas)
    return found


async def change_levels(
    session: AsyncSession, changes: Mapping[Place, Counts], cause: StockCause, now: datetime, *, told: bool = False
) -> None:
    """Change levels in the caller's transaction, each once, and tell of a SKU that is low now.

    The worker tells of the change within a second (``tell_stock``), unless the caller has ``told`` of it.
    A bucket that would be below 0 is refused by the database itself (a DBAPIError): callers that expect it look
    first, under a lock. Errors: LevelMissing.
    """
    places = sorted((place for place, deltas in changes.items() if deltas != NOTHING), key=place_order)
    if not places:
        return
    note_changed(session, StockLevel, {"sku": [sku for sku, _ in places]})
    rows = [_row(place, changes[place], now) | _to_tell(changes[place], cause, now, told=told) for place in places]
    connection = await session.connection()  # past the session, which would make a statement of each
    changed = await connection.execute(_CHANGE, rows, execution_options={"preserve_rowcount": True})
    if changed.rowcount != len(rows):
        raise LevelMissing(await _first_missing(session, places))
    await note_low_stock(session, {place[0] for place, deltas in changes.items() if deltas.sellable}, now)


def place_order(place: Place) -> tuple[bytes, bytes]:
    """Returns the key of the order in which all lock levels."""
    return place[0].encode(), place[1].bytes


# MySQL sets columns from left to right and checks the row when it is done.
_CHANGE: Final = (
    update(StockLevel)
    .where(StockLevel.sku == bindparam("at_sku"), StockLevel.warehouse_id == bindparam("at_warehouse"))
    .values({name: getattr(StockLevel, name) + bindparam(f"by_{name}") for name in Counts._fields})
    .values(
        updated_at=bindparam("now"),
        tell_at=func.coalesce(StockLevel.tell_at, bindparam("due", type_=StockLevel.tell_at.type)),
        untold=StockLevel.untold + bindparam("more_untold"),
        last_cause=bindparam("cause"),
    )
)


def _to_tell(deltas: Counts, cause: StockCause, now: datetime, *, told: bool) -> dict[str, Any]:
    return {"due": None if told else now, "more_untold": 0 if told else deltas.on_hand, "cause": cause}


def _row(place: Place, deltas: Counts, now: datetime) -> dict[str, Any]:
    by = {f"by_{name}": delta for name, delta in zip(Counts._fields, deltas, strict=True)}
    return {"at_sku": place[0], "at_warehouse": place[1], "now": now, **by}


async def _first_missing(session: AsyncSession, places: Sequence[Place]) -> Place:
    there = select(StockLevel.sku, StockLevel.warehouse_id).where(StockLevel.sku.in_({sku for sku, _ in places}))
    known = {(row[0], row[1]) for row in await session.execute(there)}
    return next(place for place in places if place not in known)


async def lock_level(session: AsyncSession, place: Place) -> Counts | None:
    """Lock a level and read it; None when there is none: then another may make it before this transaction does."""
    columns = [getattr(StockLevel, name) for name in Counts._fields]
    locked = select(*columns).where(StockLevel.sku == place[0], StockLevel.warehouse_id == place[1])
    row = (await session.execute(locked.with_for_update())).first()
    return None if row is None else Counts(*row)


def ledger_row(place: Place, deltas: Counts, origin: Origin, now: datetime) -> dict[str, Any]:
    """Returns a row of the ledger, as plain values for a multi-row INSERT."""
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


async def note_low_stock(session: AsyncSession, skus: Collection[str], now: datetime) -> None:
    """Tell of SKUs that are low, after their levels were changed in this transaction: one statement when none has
    a threshold.

    The thresholds' rows are locked before the sums are read. So of two transactions that change the levels of two
    warehouses, the second reads what both have done, and tells of the crossing if there was one.
    """
    if not skus:
        return
    locked = select(StockThreshold.sku, StockThreshold.units, StockThreshold.is_low)
    locked = locked.where(StockThreshold.sku.in_(sorted(skus))).order_by(StockThreshold.sku).with_for_update()
    thresholds = {row.sku: row for row in await session.execute(locked)}
    if not thresholds:
        return
    left = await read_sellable(session, thresholds)
    crossed = {sku: left[sku] for sku, row in thresholds.items() if (left[sku] <= row.units) != row.is_low}
    for sku in sorted(crossed):
        is_low = not thresholds[sku].is_low
        await session.execute(
            update(StockThreshold).where(StockThreshold.sku == sku).values(is_low=is_low, updated_at=now)
        )
    low = [sku for sku in sorted(crossed) if not thresholds[sku].is_low]
    await tell(session, now, *(StockLow(sku, left[sku], thresholds[sku].units) for sku in low))


async def read_sellable(session: AsyncSession, skus: Collection[str]) -> dict[str, int]:
    """Read what customers can order, over all warehouses."""
    units = func.sum(StockLevel.available + StockLevel.set_aside)
    found = await session.execute(
        select(StockLevel.sku, units).where(StockLevel.sku.in_(sorted(skus))).group_by(StockLevel.sku)
    )
    return dict.fromkeys(skus, 0) | {row[0]: int(row[1]) for row in found}


NO_WAREHOUSE = "There is no such warehouse."


async def candidates(session: AsyncSession, sku: str) -> list[tuple[UUID, int]]:
    """Find the active warehouses that have the SKU, and how many are available; the first choice first.

    No lock.
    """
    found = await session.execute(_by_priority(sku))
    return [(row[0], row[1]) for row in found]


def _by_priority(sku: str) -> Select[UUID, int]:
    return (
        select(StockLevel.warehouse_id, StockLevel.available)
        .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
        .where(StockLevel.sku == sku, Warehouse.active.is_(True))
        .order_by(Warehouse.priority, Warehouse.code)
    )


async def require_active(session: AsyncSession, warehouse_id: UUID) -> None:
    """Check that the warehouse is active; it stays so until the transaction ends. Errors: NotFound."""
    locked = select(Warehouse.active).where(Warehouse.id == warehouse_id).with_for_update(read=True)
    if not await session.scalar(locked):
        raise NotFound(NO_WAREHOUSE)
