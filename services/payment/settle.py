"""What follows from how a payment stands: the one place where money meets an order.

The order is locked first, then the payment, by everybody who locks both. News are totals, so old ones and those
that come again change nothing; captures and refunds only grow.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind, MoneyCause, Order, OrderStatus, Payment, PaymentProblem, PaymentStatus
from services.money import books
from services.money.request_refund import refundable, request_refund
from services.order.mark_paid import mark_paid
from services.order.mark_refunded import mark_refunded
from services.order.queue_order_mails import mailed_orders, queue_order_mails, spoken_money
from services.payment.provider import Standing
from services.payment.tell_payment import tell_payment
from services.shared.errors import InvalidTransition, NotFound

T = TypeVar("T")
ACTOR: Final = "payments"
FIRST_CHECK: Final = timedelta(seconds=10)
_MOST_CHECKS: Final = 20
"""More than an hour, for fees alone."""
_OPEN: Final = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED)
_ENDED: Final = (PaymentStatus.FAILED, PaymentStatus.CANCELLED)
_RANKS: Final = (*_OPEN, *_ENDED)


@dataclass(frozen=True, slots=True)
class _Case:
    session: AsyncSession
    infra: Infra
    order: Order
    payment: Payment
    now: datetime


async def settle(session: AsyncSession, infra: Infra, payment_id: UUID, news: Standing) -> Payment:
    """Settle a payment in the caller's transaction; ``infra.signals`` is for after the commit.

    Errors: NotFound.
    """
    case = await _lock(session, infra, payment_id)
    payment = case.payment
    if payment.reference and not news.reference:
        return payment  # we said so of what the provider had not heard of; meanwhile it has
    before = (payment.status, payment.captured, payment.refunded, payment.problem)
    payment.reference = news.reference or payment.reference
    payment.redirect_url = news.redirect_url or payment.redirect_url
    with session.no_autoflush:  # one UPDATE of the payment, not one after each step
        if await _count_captured(case, news):
            await _use(case)
        await _count_rest(case, news)
        _set_status(case, news)
    if before != (payment.status, payment.captured, payment.refunded, payment.problem):
        payment.updated_at = case.now
        await session.flush()
        await tell_payment(session, payment, case.now)
    return payment


async def _lock(session: AsyncSession, infra: Infra, payment_id: UUID) -> _Case:
    order_id = await session.scalar(select(Payment.order_id).where(Payment.id == payment_id))
    order = await _locked(session, select(Order).where(Order.id == order_id))
    payment = await _locked(session, select(Payment).where(Payment.id == payment_id))
    if order is None or payment is None:
        raise NotFound("There is no such payment.")
    return _Case(session, infra, order, payment, infra.now())


async def _locked(session: AsyncSession, found: Select[T]) -> T | None:
    row: T | None = await session.scalar(found.with_for_update().execution_options(populate_existing=True))
    return row


async def _count_captured(case: _Case, news: Standing) -> bool:
    """Count what is captured; returns whether there is more money than before."""
    payment, more = case.payment, news.captured - case.payment.captured
    if more <= 0:
        return False
    # What was taken, whatever was asked for.
    payment.amount, payment.currency = news.amount, news.currency
    payment.captured = news.captured
    await books.post(case.session, payment, MoneyCause.CAPTURED, more, news.captured, case.now)
    return True


async def _use(case: _Case) -> None:
    """Pay the order with it; what cannot, goes back, and what is not what the order costs is held for staff."""
    payment, order = case.payment, case.order
    payment.problem = _problem(order, payment)
    if payment.problem is not None:
        return
    try:
        is_first = await mark_paid(case.session, order.id, ACTOR, case.now)
    except InvalidTransition:
        _give_back(case, f"The order was {OrderStatus(order.status).value} before the money came.")
        await _mail_of_money(case, MailKind.REFUNDED_LATE, payment.captured)
        return
    if is_first:
        payment.pays_order = True
        await _give_up_others(case)
        await _mail_of_money(case, MailKind.RECEIPT, payment.captured)
    elif not payment.pays_order:
        _give_back(case, "The order was paid already.")
        await _mail_of_money(case, MailKind.REFUNDED_LATE, payment.captured)


async def _mail_of_money(case: _Case, kind: MailKind, amount: int) -> None:
    said = {"amount": spoken_money(amount, case.payment.currency)}
    mailed = await mailed_orders(case.session, [case.order.id])
    await queue_order_mails(case.session, kind, [replace(mailed[case.order.id], values=said)], case.now)


def _problem(order: Order, payment: Payment) -> PaymentProblem | None:
    if payment.currency != order.currency:
        return PaymentProblem.WRONG_CURRENCY
    return None if payment.captured == order.total else PaymentProblem.WRONG_AMOUNT


def _give_back(case: _Case, reason: str) -> None:
    if (amount := refundable(case.payment)) > 0:
        request_refund(case.session, case.payment, amount, reason, ACTOR, case.now)


async def _give_up_others(case: _Case) -> None:
    await case.session.execute(
        update(Payment)
        .where(
            Payment.order_id == case.order.id, Payment.id != case.payment.id, Payment.live_order_id.is_not(None)
        )
        .values(live_order_id=None, check_at=case.now, updated_at=case.now)
        .execution_options(synchronize_session=False)
    )


async def _count_rest(case: _Case, news: Standing) -> None:
    payment = case.payment
    if (fees := (news.fees or 0) - payment.fees) > 0:
        payment.fees += fees
        await books.post(case.session, payment, MoneyCause.FEE, fees, payment.fees, case.now)
    back = min(news.refunded, payment.captured) - payment.refunded
    if back <= 0:
        return
    payment.refunded += back
    payment.refunding -= min(back, payment.refunding)
    await books.post(case.session, payment, MoneyCause.REFUNDED, back, payment.refunded, case.now)
    if not payment.pays_order:
        return  # its customer was told when it came
    await _mail_of_money(case, MailKind.REFUNDED, back)
    if payment.refunded == payment.captured:
        await case.session.flush()
        await mark_refunded(case.session, case.order.id, ACTOR, case.now)


def _set_status(case: _Case, news: Standing) -> None:
    payment, before = case.payment, case.payment.status
    payment.status = _status(payment, news)
    if payment.status == PaymentStatus.AUTHORIZED:
        if before != payment.status:
            _wait_for_capture(case)
    elif payment.status not in _OPEN:
        payment.check_at = _next_check(case, news)
        # Money that is held for staff may still pay the order: until then there is no other attempt.
        if payment.problem is None or payment.refunded == payment.captured:
            payment.live_order_id = None


def _next_check(case: _Case, news: Standing) -> datetime | None:
    """Of what has ended here. The worker, which asks for fees, has set its next time already."""
    if news.status in _OPEN and case.payment.status in _ENDED:
        # Late news, or the provider heard of it after we had given it up: then it must be cancelled there too.
        return case.now
    if news.fees is not None or case.payment.fees:
        return None
    if case.payment.checks >= _MOST_CHECKS:
        return None
    return case.payment.check_at or case.now + FIRST_CHECK


def _status(payment: Payment, news: Standing) -> PaymentStatus:
    if payment.refunded:
        whole = payment.refunded == payment.captured
        return PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    if payment.captured:
        return PaymentStatus.CAPTURED
    if news.status not in _RANKS:
        return PaymentStatus(payment.status)  # captured or refunded, and no money with it: nothing has happened
    # News of before may come late.
    return max(PaymentStatus(payment.status), news.status, key=_RANKS.index)


def _wait_for_capture(case: _Case) -> None:
    """The order is given time; one that waits for no money, or for another's, lets go of it."""
    if case.order.status == OrderStatus.AWAITING_PAYMENT and case.payment.live_order_id is not None:
        case.order.expires_at = case.now + timedelta(seconds=case.infra.settings.payments.authorization_ttl)
        case.order.updated_at = case.now
    else:
        case.payment.live_order_id, case.payment.check_at = None, case.now
