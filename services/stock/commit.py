"""Commit what orders hold: they are paid."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models import HoldState, StockCause
from services.shared.barrier import COMMIT, STOCK, enter
from services.stock.counts import Counts
from services.stock.moves import OrderMove, apply_moves, flash_units, turn_holds


async def commit_stock(session: AsyncSession, order_ids: Collection[UUID], actor: str, now: datetime) -> None:
    """held -> committed, of flash orders too. In the transaction that makes the orders PAID by compare-and-set:
    who won that knows that the units are still held. Orders that were committed already are left alone."""
    fresh = await enter(session, list(order_ids), COMMIT, now, branch=STOCK)
    holds = await turn_holds(session, fresh, (HoldState.HELD,), HoldState.COMMITTED, now)
    units = [(hold.order_id, (hold.sku, hold.warehouse_id), hold.quantity) for hold in holds]
    units += await flash_units(session, fresh)
    moves = [OrderMove(order_id, place, Counts(held=-count, committed=count)) for order_id, place, count in units]
    await apply_moves(session, moves, StockCause.COMMITTED, actor, now)
