"""All of an order's money was given back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Order, OrderStatus
from services.order.close_orders import Closing, close_orders
from services.order.close_rest import ClosingRest, close_rest
from services.order.rows import move, note
from services.shared.events import OrderRefunded
from services.shared.tell import tell

_SENT = (OrderStatus.SHIPPED, OrderStatus.COMPLETED)
_NOTE = "All of the money was given back."


async def mark_refunded(session: AsyncSession, order_id: UUID, actor: str, now: datetime) -> None:
    """Mark an order refunded: PAID, SHIPPED or COMPLETED -> REFUNDED; what was not sent goes back to stock."""
    status = await session.scalar(select(Order.status).where(Order.id == order_id).with_for_update())
    if status == OrderStatus.PAID:
        closing = Closing(OrderStatus.REFUNDED, actor, _NOTE, (OrderStatus.PAID,))
        # Redis is told by the worker that reads the event.
        await close_orders(session, [order_id], closing, now)
        await close_rest(session, order_id, ClosingRest(OrderStatus.REFUNDED, actor, _NOTE), now)
    elif status in _SENT and await move(session, order_id, OrderStatus.REFUNDED, now):
        await note(session, order_id, OrderStatus.REFUNDED, actor, now, _NOTE)
        await tell(session, now, OrderRefunded(order_id, ()))
