"""Ship what orders have committed: the units leave the warehouse."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models import HoldState, StockCause
from services.shared.barrier import SHIP, STOCK, enter
from services.stock.counts import Counts
from services.stock.moves import OrderMove, apply_moves, flash_units, turn_holds


async def ship_stock(session: AsyncSession, order_ids: Collection[UUID], actor: str, now: datetime) -> None:
    """committed -> gone, of flash orders too. In the transaction that makes the orders SHIPPED by compare-and-set.
    Orders that are shipped already are left alone."""
    fresh = await enter(session, list(order_ids), SHIP, now, branch=STOCK)
    holds = await turn_holds(session, fresh, (HoldState.COMMITTED,), HoldState.SHIPPED, now)
    units = [(hold.order_id, (hold.sku, hold.warehouse_id), hold.quantity - hold.shipped) for hold in holds]
    units += await flash_units(session, fresh)
    moves = [
        OrderMove(order_id, place, Counts(on_hand=-count, committed=-count)) for order_id, place, count in units
    ]
    await apply_moves(session, moves, StockCause.SHIPPED, actor, now)
