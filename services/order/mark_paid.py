"""An order is paid. Payments call this in the transaction in which they note the money."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models import OrderStatus
from services.discount.rows import commit_uses
from services.order.rows import move, note
from services.shared.events import OrderPaid
from services.shared.tell import tell
from services.stock.order_steps import commit_stock


async def mark_paid(session: AsyncSession, order_id: UUID, actor: str, now: datetime) -> bool:
    """Mark an order paid: AWAITING_PAYMENT -> PAID, the units and the use of a code held -> committed; returns
    False when it is PAID already.

    The compare-and-set names the one winner of a race with expiry or cancellation: after InvalidTransition the
    money is to be given back. The caller sends ``infra.signals`` after the commit.

    Errors: NotFound, InvalidTransition.
    """
    if not await move(session, order_id, OrderStatus.PAID, now):
        return False
    await commit_uses(session, [order_id], now)
    await commit_stock(session, [order_id], actor, now)
    await note(session, order_id, OrderStatus.PAID, actor, now)
    await tell(session, now, OrderPaid(order_id))
    return True
