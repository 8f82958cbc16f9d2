"""Units of orders that go from one bucket of a level to another: what releasing, committing and shipping share."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import FlashSaleItem, HoldState, OrderLine, StockCause, StockEntry, StockHold
from services.stock.counts import Counts, Place
from services.stock.levels import Origin, change_levels, ledger_row, sum_up


@dataclass(frozen=True, slots=True)
class OrderMove:
    """What becomes of an order's units at a place."""

    order_id: UUID
    place: Place
    deltas: Counts


async def apply_moves(
    session: AsyncSession, moves: Sequence[OrderMove], cause: StockCause, actor: str, now: datetime
) -> None:
    """One update a level, and a row in the ledger for each."""
    if not moves:
        return
    await change_levels(session, sum_up((move.place, move.deltas) for move in moves), now)
    ledger = [ledger_row(move.place, move.deltas, Origin(cause, actor, move.order_id), now) for move in moves]
    await session.execute(insert(StockEntry), ledger)


async def turn_holds(
    session: AsyncSession,
    order_ids: Collection[UUID],
    source: Collection[HoldState],
    target: HoldState,
    now: datetime,
) -> list[StockHold]:
    """The orders' holds that were in one of the states ``source``, as they were; they are in ``target`` now."""
    if not order_ids:
        return []
    locked = select(StockHold).where(StockHold.order_id.in_(order_ids), StockHold.state.in_(source))
    in_order = locked.order_by(StockHold.order_id, StockHold.sku).execution_options(populate_existing=True)
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
    """The units of flash orders' lines that are not shipped, and where they are."""
    rows = await session.execute(
        select(
            OrderLine.order_id, OrderLine.sku, FlashSaleItem.warehouse_id, OrderLine.quantity - OrderLine.shipped
        )
        .join(FlashSaleItem, FlashSaleItem.id == OrderLine.flash_sale_item_id)
        .where(OrderLine.order_id.in_(order_ids))
    )
    return [(row[0], (row[1], row[2]), row[3]) for row in rows]
