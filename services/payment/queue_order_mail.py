"""What customers are told of their money."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import MailKind, Order, OrderLine, Payment, User
from services.mail.queue_mail import queue_mail
from services.money.amounts import to_decimal


async def queue_order_mail(
    session: AsyncSession, kind: MailKind, order: Order, payment: Payment, amount: int, now: datetime
) -> None:
    """Queue a mail about an order; ``amount`` of the payment, in minor units.

    Nothing to an account that is closed.
    """
    user = await session.get(User, order.customer_id)
    if user is None or user.closed_at is not None:
        return
    lines = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    data = {
        "name": user.display_name,
        "number": order.number,
        "lines": "\n".join(_line(line, order.currency) for line in await session.scalars(lines)),
        "total": _money(order.total, order.currency),
        "amount": _money(amount, payment.currency),
    }
    queue_mail(session, kind, recipient=user.email, locale=user.locale, now=now, user_id=user.id, data=data)


def _line(line: OrderLine, currency: str) -> str:
    return f"{line.quantity} × {line.title}: {_money(line.unit_price * line.quantity, currency)}"


def _money(amount: int, currency: str) -> str:
    return f"{to_decimal(amount, currency)} {currency}"
