"""The steps of an order with ordinary stock, each to be called in the transaction of what goes with it.

    hold_stock      available -> held           the order is placed; hold_for_orders: of several
    release_stock   held -> available           cancelled, expired, refused; or the saga is undone
    commit_stock    held -> committed           paid
    ship_units      committed -> gone           some units, or the rest of them, are shipped

A step is done once an order, however often it is called: a barrier row (``services/shared/barrier.py``) and the
hold's state see to it; of ``ship_units`` the order's row does. Each writes its rows into the ledger and
invalidates what is cached (models/changes.py). ``commit_stock`` and ``ship_units`` know the units of flash orders
too. All lock in the order of ``services/stock/rows.py``; who runs them through ``infra.database.transact`` has
deadlocks retried.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.plain_rows import ids_in, plain_rows
from models import FlashSaleItem, HoldState, OrderLine, StockCause, StockEntry, StockHold, Warehouse
from services.shared.barrier import COMMIT, HOLD, RELEASE, STOCK, enter
from services.shared.refused import Refused
from services.stock.rows import Origin, change_levels, ledger_row, sum_up
from services.stock.rules import Counts, Place
from services.stock.share_out import share_out

HOLD_ORDER: Final = (StockHold.order_id, StockHold.sku, StockHold.warehouse_id)
_FLASH_UNITS: Final = (
    select(OrderLine.order_id, OrderLine.sku, FlashSaleItem.warehouse_id, OrderLine.unsent)
    .join(FlashSaleItem, FlashSaleItem.id == OrderLine.flash_sale_item_id)
    .where(ids_in(OrderLine.order_id))
)
Held = Mapping[Place, int]
"""The units of each SKU and warehouse."""


class HoldReleased(Exception):
    """The order was released: before it was held, or since. Nothing is held for it, and nothing will be."""


@dataclass(frozen=True, slots=True)
class OrderMove:
    """What becomes of an order's units at a place."""

    order_id: UUID
    place: Place
    deltas: Counts


async def apply_moves(
    session: AsyncSession,
    moves: Sequence[OrderMove],
    cause: StockCause,
    actor: str | Mapping[UUID, str],
    now: datetime,
) -> None:
    """Apply moves of orders' units: one update a level, and a row in the ledger for each. ``actor``: of all, or by
    order."""
    if not moves:
        return
    await change_levels(session, sum_up((move.place, move.deltas) for move in moves), cause, now)
    actors = dict.fromkeys((move.order_id for move in moves), actor) if isinstance(actor, str) else actor
    ledger = [
        ledger_row(move.place, move.deltas, Origin(cause, actors[move.order_id], move.order_id), now)
        for move in moves
    ]
    await (await session.connection()).execute(insert(StockEntry), ledger)


async def turn_holds(
    session: AsyncSession,
    order_ids: Collection[UUID],
    source: Collection[HoldState],
    target: HoldState,
    now: datetime,
) -> list[StockHold]:
    """Turn the orders' holds from one of the states ``source`` into ``target``. Returns them as they were."""
    if not order_ids:
        return []
    locked = select(StockHold).where(StockHold.order_id.in_(order_ids), StockHold.state.in_(source))
    in_order = locked.order_by(*HOLD_ORDER).execution_options(populate_existing=True)
    found = list(await session.scalars(in_order.with_for_update()))
    for hold in found:
        session.expunge(hold)
    if not found:
        return []
    await session.execute(
        update(StockHold)
        .where(StockHold.order_id.in_({hold.order_id for hold in found}), StockHold.state.in_(source))
        .values(state=target, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return found


async def flash_units(session: AsyncSession, order_ids: Collection[UUID]) -> list[tuple[UUID, Place, int]]:
    """Returns the units of flash orders' lines that are neither shipped nor cancelled, and where they are."""
    rows = await plain_rows(session, _FLASH_UNITS, {"ids": list(order_ids)})
    return [(row[0], (row[1], row[2]), row[3]) for row in rows]


async def hold_stock(
    session: AsyncSession, order_id: UUID, units: Mapping[str, int], actor: str, now: datetime
) -> Held:
    """Hold ``units`` (> 0, by SKU) for the order: all of them, or an error and the caller's transaction is void.

    Each SKU comes from the first warehouse by priority that has all of its units, or else from as few as have
    them: there is no back-order. Called again for the order it returns what is held, whatever the ``units`` say
    then. Errors: OutOfStock (the SKU, and what all warehouses have), HoldReleased.
    """
    try:
        held = await hold_for_orders(session, {order_id: units}, actor, now)
    except Refused as refused:
        raise refused.errors[order_id] from None
    return held[order_id]


async def hold_for_orders(
    session: AsyncSession, wanted: Mapping[UUID, Mapping[str, int]], actor: str, now: datetime
) -> dict[UUID, Held]:
    """Hold units by order and SKU, of each order as ``hold_stock`` does: the first one's first.

    Errors: Refused (those that are short of something), HoldReleased.
    """
    if any(count <= 0 for units in wanted.values() for count in units.values() or [0]):
        raise ValueError("units to hold must be above 0")
    fresh = await enter(session, wanted, HOLD, now, branch=STOCK, likely_new=True)
    todo = {order_id: units for order_id, units in wanted.items() if order_id in fresh}
    held: dict[UUID, Held] = await share_out(session, todo) if todo else {}
    if todo:
        await _write_holds(session, held, actor, now)
    for order_id in wanted.keys() - fresh:
        held[order_id] = await _as_before(session, order_id)
    return held


async def _as_before(session: AsyncSession, order_id: UUID) -> Held:
    rows = await session.scalars(select(StockHold).where(StockHold.order_id == order_id))
    held = {(row.sku, row.warehouse_id): row.quantity for row in rows if row.state != HoldState.RELEASED}
    if not held:
        raise HoldReleased
    return held


async def _write_holds(session: AsyncSession, held: Mapping[UUID, Held], actor: str, now: datetime) -> None:
    moves = [
        OrderMove(order_id, place, Counts(available=-count, held=count))
        for order_id, places in held.items()
        for place, count in places.items()
    ]
    holds = [hold_row(move, now) for move in moves]
    await (await session.connection()).execute(insert(StockHold), holds)
    await apply_moves(session, moves, StockCause.HELD, actor, now)


def hold_row(move: OrderMove, now: datetime) -> dict[str, Any]:
    sku, warehouse_id = move.place
    return {
        "order_id": move.order_id,
        "sku": sku,
        "warehouse_id": warehouse_id,
        "quantity": move.deltas.held,
        "state": HoldState.HELD,
        "created_at": now,
        "updated_at": now,
    }


async def release_stock(
    session: AsyncSession, order_ids: Collection[UUID], actor: str, now: datetime
) -> set[UUID]:
    """Give back the orders' units, in the caller's transaction; returns the orders of which units were given back.

    Units that were paid for go back too: whether they may is for the order's state to say. Shipped ones do not. An
    order that was never held stays so: a hold that comes late finds it released (null compensation).
    """
    moves = await take_back(session, order_ids, now)
    await apply_moves(session, moves, StockCause.RELEASED, actor, now)
    return {move.order_id for move in moves}


async def take_back(session: AsyncSession, order_ids: Collection[UUID], now: datetime) -> list[OrderMove]:
    """Release holds as ``release_stock`` does, without the levels and the ledger, which are the caller's to
    change."""
    await enter(session, order_ids, HOLD, now, RELEASE, branch=STOCK)
    kept = (HoldState.HELD, HoldState.COMMITTED)
    holds = await turn_holds(session, order_ids, kept, HoldState.RELEASED, now)
    return [
        OrderMove(h.order_id, (h.sku, h.warehouse_id), giving_back(h.state, h.quantity - h.shipped)) for h in holds
    ]


def giving_back(state: HoldState, units: int) -> Counts:
    if state == HoldState.HELD:
        return Counts(available=units, held=-units)
    return Counts(available=units, committed=-units)


async def commit_stock(session: AsyncSession, order_ids: Collection[UUID], actor: str, now: datetime) -> None:
    """Move units from held to committed, of flash orders too.

    In the transaction that makes the orders PAID by compare-and-set: who won that knows that the units are still
    held. Orders that were committed already are left alone.
    """
    fresh = await enter(session, order_ids, COMMIT, now, branch=STOCK)
    holds = await turn_holds(session, fresh, (HoldState.HELD,), HoldState.COMMITTED, now)
    units = [(hold.order_id, (hold.sku, hold.warehouse_id), hold.quantity) for hold in holds]
    units += await flash_units(session, fresh) if fresh else []
    moves = [OrderMove(order_id, place, Counts(held=-count, committed=count)) for order_id, place, count in units]
    await apply_moves(session, moves, StockCause.COMMITTED, actor, now)


Units = Sequence[tuple[OrderLine, int]]


async def ship_units(session: AsyncSession, units: Units, actor: str | Mapping[UUID, str], now: datetime) -> None:
    """Ship so many of each line. ``actor``: of all, or by order.

    In the transaction that holds the orders' rows, in which the caller has seen that they are PAID and that so
    many are not shipped yet.
    """
    moves = [*await _of_sales(session, units), *await _of_holds(session, units, now)]
    await apply_moves(session, moves, StockCause.SHIPPED, actor, now)


def _gone(order_id: UUID, place: Place, units: int) -> OrderMove:
    return OrderMove(order_id, place, Counts(on_hand=-units, committed=-units))


async def _of_sales(session: AsyncSession, units: Units) -> list[OrderMove]:
    item_ids = {line.flash_sale_item_id for line, _ in units if line.flash_sale_item_id is not None}
    if not item_ids:
        return []
    rows = await session.execute(
        select(FlashSaleItem.id, FlashSaleItem.warehouse_id).where(FlashSaleItem.id.in_(item_ids))
    )
    places: Mapping[UUID | None, UUID] = {row[0]: row[1] for row in rows}
    return [
        _gone(line.order_id, (line.sku, places[line.flash_sale_item_id]), count)
        for line, count in units
        if line.flash_sale_item_id is not None
    ]


async def _of_holds(session: AsyncSession, units: Units, now: datetime) -> list[OrderMove]:
    wanted = {(line.order_id, line.sku): count for line, count in units if line.flash_sale_item_id is None}
    moves: list[OrderMove] = []
    shipped: list[dict[str, Any]] = []
    for hold in await _lock_unshipped(session, wanted):
        key = hold.order_id, hold.sku
        count = min(wanted[key], hold.quantity - hold.shipped)
        if count:
            wanted[key] -= count
            shipped.append(_shipped_row(hold, hold.shipped + count, now))
            moves.append(_gone(hold.order_id, (hold.sku, hold.warehouse_id), count))
    if any(wanted.values()):
        raise LookupError(f"units to ship that nothing is held of: {wanted}")
    if shipped:
        await (await session.connection()).execute(_SHIPPED, shipped)
    return moves


async def _lock_unshipped(session: AsyncSession, keys: Collection[tuple[UUID, str]]) -> list[StockHold]:
    """Lock the holds; returns them with the first choice of warehouse first, which is emptied first."""
    if not keys:
        return []
    orders, skus = {order_id for order_id, _ in keys}, {sku for _, sku in keys}
    locked = select(StockHold).where(StockHold.order_id.in_(orders), StockHold.sku.in_(skus))
    fresh = locked.order_by(*HOLD_ORDER).with_for_update().execution_options(populate_existing=True)
    found = list(await session.scalars(fresh))
    for hold in found:
        session.expunge(hold)
    if len(found) == len(keys):
        return found
    choices = await session.scalars(select(Warehouse.id).order_by(Warehouse.priority, Warehouse.code))
    rank = {warehouse_id: place for place, warehouse_id in enumerate(choices)}
    return sorted(found, key=lambda hold: rank.get(hold.warehouse_id, len(rank)))


_SHIPPED: Final = (
    update(StockHold)
    .where(*(column == bindparam(f"of_{column.key}") for column in HOLD_ORDER))
    .values(shipped=bindparam("units"), state=bindparam("turns"), updated_at=bindparam("now"))
)


def _shipped_row(hold: StockHold, shipped: int, now: datetime) -> dict[str, Any]:
    state = HoldState.SHIPPED if shipped == hold.quantity else HoldState.COMMITTED
    key = {f"of_{column.key}": getattr(hold, column.key) for column in HOLD_ORDER}
    return {"units": shipped, "turns": state, "now": now, **key}
