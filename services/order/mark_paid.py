"""An order is paid. Payments call this in the transaction in which they note the money."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import MailKind, Order, OrderEvent, OrderStatus
from services.discount.rows import commit_uses
from services.order.queue_order_mails import MailedOrder, queue_order_mails
from services.order.rows import move, note
from services.shared.events import OrderPaid
from services.shared.tell import tell
from services.stock.order_steps import commit_at_once, commit_stock

_FREE: Final = "There is nothing to pay."


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


async def mark_free_paid(
    session: AsyncSession, orders: Collection[tuple[UUID, MailedOrder]], actor: str, now: datetime
) -> None:
    """Mark orders paid that cost nothing, all at once: in the transaction that has made them AWAITING_PAYMENT, so
    nobody has seen them wait, and no provider is asked."""
    if not orders:
        return
    ids = [order_id for order_id, _ in orders]
    await session.execute(
        update(Order)
        .where(Order.id.in_(ids), Order.status == OrderStatus.AWAITING_PAYMENT)
        .values(status=OrderStatus.PAID, expires_at=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    await commit_uses(session, ids, now)
    await commit_at_once(session, ids, actor, now)
    change = {"status": OrderStatus.PAID, "actor": actor, "note": _FREE, "at": now, "internal": False}
    events = [{"id": new_id(), "order_id": order_id, **change} for order_id in ids]
    await (await session.connection()).execute(insert(OrderEvent), events)
    await queue_order_mails(session, MailKind.RECEIPT, [mailed for _, mailed in orders], now)
    await tell(session, now, *(OrderPaid(order_id) for order_id in ids))
