"""All of the money of orders was given back."""

from collections.abc import Collection, Sequence
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


async def mark_refunded(session: AsyncSession, order_ids: Collection[UUID], actor: str, now: datetime) -> None:
    """Mark orders refunded, however many in one go: PAID, SHIPPED or COMPLETED -> REFUNDED; what was not sent goes
    back to stock."""
    if not order_ids:
        return
    locked = select(Order.id, Order.status).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update()
    before = {row[0]: OrderStatus(row[1]) for row in await session.execute(locked)}
    paid = [order_id for order_id, status in before.items() if status == OrderStatus.PAID]
    if paid:
        await _close(session, paid, actor, now)
    for order_id in (order_id for order_id, status in before.items() if status in _SENT):
        if await move(session, order_id, OrderStatus.REFUNDED, now):
            await note(session, order_id, OrderStatus.REFUNDED, actor, now, _NOTE)
            await tell(session, now, OrderRefunded(order_id, ()))


async def _close(session: AsyncSession, order_ids: Sequence[UUID], actor: str, now: datetime) -> None:
    """Redis is told by the worker that reads the events."""
    closing = Closing(OrderStatus.REFUNDED, actor, _NOTE, (OrderStatus.PAID,))
    await close_orders(session, order_ids, closing, now)
    # Those that are PAID still are shipped in part.
    left = select(Order.id).where(Order.id.in_(order_ids), Order.status == OrderStatus.PAID)
    for order_id in list(await session.scalars(left.order_by(Order.id))):
        await close_rest(session, order_id, ClosingRest(OrderStatus.REFUNDED, actor, _NOTE), now)
