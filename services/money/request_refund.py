"""Note in a transaction that money is to be given back; workers see to it.

Whoever calls this has locked the order of the payments, or the payment itself.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import Payment, PaymentStatus, Refund, RefundState

_OPEN = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED)


def refundable(payment: Payment) -> int:
    """Returns minor units that are neither given back nor asked for."""
    return payment.captured - payment.refunded - payment.refunding


def request_refund(
    session: AsyncSession, payment: Payment, amount: int, reason: str, actor: str, now: datetime
) -> Refund:
    """Request a refund. ``amount`` is no more than ``refundable``; the payment is locked."""
    payment.refunding += amount
    payment.updated_at = now
    refund = Refund(
        id=new_id(),
        payment_id=payment.id,
        amount=amount,
        state=RefundState.PENDING,
        reason=reason,
        actor=actor,
        attempts=0,
        due_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(refund)
    return refund


async def give_up_payments(session: AsyncSession, order_ids: Collection[UUID], now: datetime) -> None:
    """Give up the payments of orders that are closed: what may still bring money is cancelled with its
    provider."""
    await session.execute(
        update(Payment)
        .where(Payment.live_order_id.in_(order_ids), Payment.status.in_(_OPEN))
        .values(live_order_id=None, check_at=now, updated_at=now)
        .execution_options(synchronize_session=False)
    )


async def give_part_back(
    session: AsyncSession, order_id: UUID, worth: int, reason: str, actor: str, now: datetime
) -> int:
    """Request a refund of what a part of an order is worth, less what was given back or asked for before: nobody
    knows what that was for. Returns minor units."""
    paying = select(Payment).where(Payment.order_id == order_id, Payment.pays_order).with_for_update()
    payment = await session.scalar(paying.execution_options(populate_existing=True))
    if payment is None:
        return 0
    amount = min(worth - payment.refunded - payment.refunding, refundable(payment))
    if amount <= 0:
        return 0
    request_refund(session, payment, amount, reason, actor, now)
    await session.flush()
    return amount


async def all_goes_back(session: AsyncSession, order_ids: Collection[UUID]) -> set[UUID]:
    """Returns the orders of which all that paid was given back, or asked for; it stays so until the commit."""
    paying = select(Payment).where(Payment.order_id.in_(order_ids), Payment.pays_order).order_by(Payment.id)
    found = await session.scalars(paying.with_for_update().execution_options(populate_existing=True))
    return {payment.order_id for payment in found if not refundable(payment)}


async def give_money_back(
    session: AsyncSession, orders: Mapping[UUID, tuple[str, str]], now: datetime
) -> dict[UUID, int]:
    """Request refunds of all that paid for the orders, of each with its reason and actor; returns minor units by
    order."""
    asked: dict[UUID, int] = {}
    paying = select(Payment).where(Payment.order_id.in_(orders), Payment.pays_order)
    for payment in await session.scalars(paying.order_by(Payment.id).with_for_update()):
        if (amount := refundable(payment)) > 0:
            request_refund(session, payment, amount, *orders[payment.order_id], now)
            asked[payment.order_id] = amount
    await session.flush()
    return asked
