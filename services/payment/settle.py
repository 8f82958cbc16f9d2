"""What follows from how payments stand: the one place where money meets orders.

Orders are locked first, then payments, by everybody who locks both. News are totals, so old ones and those that
come again change nothing; captures and refunds only grow. Of any number that come together it is decided one by
one what follows, and written for all in one go; news of one order are taken one after the other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind, MoneyCause, Order, OrderStatus, Payment, PaymentStatus
from services.money import books
from services.money.request_refund import refundable, request_refund
from services.order.mark_paid import mark_paid
from services.order.mark_refunded import mark_refunded
from services.order.queue_order_mails import mailed_orders, queue_order_mails, spoken_money
from services.payment.provider import Standing
from services.payment.rows import (
    LockedOrder,
    as_read,
    lock_orders,
    lock_payments,
    orders_of,
    write_changes,
)
from services.payment.rules import OPEN, next_check, problem_of, status_after
from services.payment.views import payment_event
from services.shared.order_states import may_become
from services.shared.rounds import rounds
from services.shared.tell import Told, tell

ACTOR: Final = "payments"


@dataclass(frozen=True, slots=True)
class News:
    """What a provider says of a payment; ``traceparent``: the trace in which it came; ``order_id``: if known."""

    payment_id: UUID
    standing: Standing
    traceparent: str | None = None
    order_id: UUID | None = None


@dataclass(slots=True)
class _Effects:
    """What is to be written of a round. ``overtaking``: orders and the payments that pay them, though they had
    given those up; ``mails``: amounts by order."""

    postings: list[dict[str, Any]] = field(default_factory=list)
    paid: dict[UUID, str | None] = field(default_factory=dict)
    overtaking: dict[UUID, UUID] = field(default_factory=dict)
    waiting: list[UUID] = field(default_factory=list)
    refunded: list[UUID] = field(default_factory=list)
    mails: dict[MailKind, dict[UUID, str]] = field(default_factory=lambda: defaultdict(dict))
    told: list[Told] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Case:
    session: AsyncSession
    effects: _Effects
    order: LockedOrder
    payment: Payment
    before: Mapping[str, Any]
    news: News
    now: datetime


async def settle(session: AsyncSession, infra: Infra, news: Sequence[News]) -> dict[UUID, Payment]:
    """Settle payments in the caller's transaction; ``infra.signals`` is for after the commit.

    Returns how they stand then, without those that are not there.
    """
    orders = {one.payment_id: one.order_id for one in news if one.order_id is not None}
    unknown = {one.payment_id for one in news} - orders.keys()
    orders |= await orders_of(session, unknown) if unknown else {}
    settled: dict[UUID, Payment] = {}
    known = [one for one in news if one.payment_id in orders]
    for at_once in rounds(known, lambda one: orders[one.payment_id]):
        settled |= await _settle_round(session, infra, at_once, orders)
    return settled


async def _settle_round(
    session: AsyncSession, infra: Infra, news: Sequence[News], orders: Mapping[UUID, UUID]
) -> dict[UUID, Payment]:
    locked = await lock_orders(session, {orders[one.payment_id] for one in news})
    payments = await lock_payments(session, {one.payment_id for one in news})
    effects, now = _Effects(), infra.now()
    cases = []
    for one in news:
        payment = payments[one.payment_id]
        order = locked[payment.order_id]
        cases.append(_Case(session, effects, order, payment, as_read(payment), one, now))
    for case in cases:
        _settle_one(case)
    await write_changes(session, [(case.payment, case.before) for case in cases])
    await _write(session, infra, effects, locked, now)
    return payments


def _settle_one(case: _Case) -> None:
    payment, news = case.payment, case.news.standing
    if payment.reference and not news.reference:
        return  # we said so of what the provider had not heard of; meanwhile it has
    before = (payment.status, payment.captured, payment.refunded, payment.problem)
    payment.reference = news.reference or payment.reference
    payment.redirect_url = news.redirect_url or payment.redirect_url
    if _count_captured(case):
        _use(case)
    _count_rest(case)
    _set_status(case)
    if before != (payment.status, payment.captured, payment.refunded, payment.problem):
        payment.updated_at = case.now
        case.effects.told.append(Told(payment_event(payment), case.news.traceparent))


def _post(case: _Case, cause: MoneyCause, amount: int, total: int) -> None:
    case.effects.postings += books.posting(case.payment, cause, amount, total, case.now)


def _count_captured(case: _Case) -> bool:
    """Count what is captured; returns whether there is more money than before."""
    payment, news = case.payment, case.news.standing
    more = news.captured - payment.captured
    if more <= 0:
        return False
    # What was taken, whatever was asked for.
    payment.amount, payment.currency = news.amount, news.currency
    payment.captured = news.captured
    _post(case, MoneyCause.CAPTURED, more, news.captured)
    return True


def _use(case: _Case) -> None:
    """Pay the order with it; what cannot, goes back, and what is not what the order costs is held for staff."""
    payment, order = case.payment, case.order
    payment.problem = problem_of(payment, order.total, order.currency)
    if payment.problem is not None:
        return
    if order.status != OrderStatus.PAID and not may_become(order.status, OrderStatus.PAID):
        _give_back(case, f"The order was {order.status.value} before the money came.")
        _mail(case, MailKind.REFUNDED_LATE, payment.captured)
    elif order.status != OrderStatus.PAID:
        payment.pays_order = True
        case.effects.paid[order.id] = case.news.traceparent
        if payment.live_order_id is None:
            case.effects.overtaking[order.id] = payment.id
        _mail(case, MailKind.RECEIPT, payment.captured)
    elif not payment.pays_order:
        _give_back(case, "The order was paid already.")
        _mail(case, MailKind.REFUNDED_LATE, payment.captured)


def _mail(case: _Case, kind: MailKind, amount: int) -> None:
    case.effects.mails[kind][case.order.id] = spoken_money(amount, case.payment.currency)


def _give_back(case: _Case, reason: str) -> None:
    if (amount := refundable(case.payment)) > 0:
        request_refund(case.session, case.payment, amount, reason, ACTOR, case.now)


def _count_rest(case: _Case) -> None:
    payment, news = case.payment, case.news.standing
    if (fees := (news.fees or 0) - payment.fees) > 0:
        payment.fees += fees
        _post(case, MoneyCause.FEE, fees, payment.fees)
    back = min(news.refunded, payment.captured) - payment.refunded
    if back <= 0:
        return
    payment.refunded += back
    payment.refunding -= min(back, payment.refunding)
    _post(case, MoneyCause.REFUNDED, back, payment.refunded)
    if not payment.pays_order:
        return  # its customer was told when it came
    _mail(case, MailKind.REFUNDED, back)
    if payment.refunded == payment.captured:
        case.effects.refunded.append(case.order.id)


def _set_status(case: _Case) -> None:
    payment, before = case.payment, case.payment.status
    payment.status = status_after(payment, case.news.standing)
    if payment.status == PaymentStatus.AUTHORIZED:
        if before != payment.status:
            _wait_for_capture(case)
    elif payment.status not in OPEN:
        payment.check_at = next_check(payment, case.news.standing, case.now)
        # Money that is held for staff may still pay the order: until then there is no other attempt.
        if payment.problem is None or payment.refunded == payment.captured:
            payment.live_order_id = None


def _wait_for_capture(case: _Case) -> None:
    """The order is given time; one that waits for no money, or for another's, lets go of it."""
    if case.order.status == OrderStatus.AWAITING_PAYMENT and case.payment.live_order_id is not None:
        case.effects.waiting.append(case.order.id)
    else:
        case.payment.live_order_id, case.payment.check_at = None, case.now


async def _write(
    session: AsyncSession, infra: Infra, effects: _Effects, locked: Mapping[UUID, LockedOrder], now: datetime
) -> None:
    """The rows that many wait for, those of the stock, come last."""
    await books.post(session, effects.postings)
    await _give_up_others(session, effects.overtaking, now)
    if effects.waiting:
        until = now + timedelta(seconds=infra.settings.payments.authorization_ttl)
        await session.execute(
            update(Order)
            .where(Order.id.in_(effects.waiting))
            .values(expires_at=until, updated_at=now)
            .execution_options(synchronize_session=False)
        )
    for kind, amounts in effects.mails.items():
        mailed = await mailed_orders(session, amounts, rows=[locked[order_id] for order_id in amounts])
        said = [replace(order, values={"amount": amounts[id_]}) for id_, order in mailed.items()]
        await queue_order_mails(session, kind, said, now)
    await tell(session, now, *effects.told)
    await mark_paid(session, effects.paid, ACTOR, now, traces=effects.paid, waiting=True)
    await mark_refunded(session, effects.refunded, ACTOR, now)


async def _give_up_others(session: AsyncSession, paid: Mapping[UUID, UUID], now: datetime) -> None:
    """Of orders that are paid by a payment which they had given up before: the one that they wait for."""
    if paid:
        await session.execute(
            update(Payment)
            .where(
                Payment.order_id.in_(paid), Payment.id.not_in(paid.values()), Payment.live_order_id.is_not(None)
            )
            .values(live_order_id=None, check_at=now, updated_at=now)
            .execution_options(synchronize_session=False)
        )
