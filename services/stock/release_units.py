"""Release some of the units that an order holds of ordinary stock."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import HoldState, StockHold, Warehouse
from services.stock.order_steps import HOLD_ORDER, OrderMove, giving_back


async def release_units(
    session: AsyncSession, order_id: UUID, units: Mapping[str, int], now: datetime
) -> list[OrderMove]:
    """Release so many units by SKU, those of the last choice of warehouse first, without the levels and the
    ledger, which are the caller's to change.

    In the transaction that holds the order's row, in which the caller has seen that so many are held, and not
    shipped. A hold of which nothing is left is deleted: the ledger has its history.
    """
    moves: list[OrderMove] = []
    left = {sku: count for sku, count in units.items() if count}
    for hold in await _lock_holds(session, order_id, left):
        count = min(left[hold.sku], hold.quantity - hold.shipped)
        if count:
            left[hold.sku] -= count
            await _shrink(session, hold, hold.quantity - count, now)
            moves.append(OrderMove(order_id, (hold.sku, hold.warehouse_id), giving_back(hold.state, count)))
    if any(left.values()):
        raise LookupError(f"units to release that nothing is held of: {left}")
    return moves


async def _lock_holds(session: AsyncSession, order_id: UUID, units: Mapping[str, int]) -> list[StockHold]:
    if not units:
        return []
    kept = (HoldState.HELD, HoldState.COMMITTED)
    locked = select(StockHold).where(
        StockHold.order_id == order_id, StockHold.sku.in_(units), StockHold.state.in_(kept)
    )
    fresh = locked.order_by(*HOLD_ORDER).with_for_update().execution_options(populate_existing=True)
    found = list(await session.scalars(fresh))
    for hold in found:
        session.expunge(hold)
    choices = await session.scalars(
        select(Warehouse.id).order_by(Warehouse.priority.desc(), Warehouse.code.desc())
    )
    rank = {warehouse_id: place for place, warehouse_id in enumerate(choices)}
    return sorted(found, key=lambda hold: rank.get(hold.warehouse_id, -1))


async def _shrink(session: AsyncSession, hold: StockHold, quantity: int, now: datetime) -> None:
    this = [column == getattr(hold, column.key) for column in HOLD_ORDER]
    if not quantity:
        await session.execute(delete(StockHold).where(*this).execution_options(synchronize_session=False))
        return
    state = HoldState.SHIPPED if quantity == hold.shipped else hold.state
    shrunk = update(StockHold).where(*this).values(quantity=quantity, state=state, updated_at=now)
    await session.execute(shrunk.execution_options(synchronize_session=False))
