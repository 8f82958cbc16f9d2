"""Give money back, all or a part: never more than was taken, however many ask at once."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderStatus, Payment, Refund
from services.catalog.rules import text_problem
from services.errors import InvalidInput, InvalidTransition, NotFound
from services.idempotency import Request, do_once
from services.money import MoneyError, to_decimal, to_minor
from services.payment.find_payments import require_payment
from services.payment.request_refunds import refundable, request_refund
from services.payment.send_refunds import send_refund
from services.stock.on_hand import Asked

log = structlog.get_logger(__name__)
OPERATION: Final = "refundPayment"
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class RefundWish:
    """``amount`` None: all that is left."""

    payment_id: UUID
    amount: Decimal | None
    reason: str | None


async def refund_payment(infra: Infra, wish: RefundWish, asked: Asked) -> Payment:
    """The refund is noted, and sent at once if the provider can be reached, else by a worker.

    Errors: InvalidInput, NotFound, InvalidTransition, IdempotencyConflict, TryAgain.
    """
    problem = None if wish.reason is None else text_problem(wish.reason, _LONGEST)
    if problem:
        raise InvalidInput.at("reason", message=problem)
    amount = None if wish.amount is None else str(wish.amount.normalize())
    request = Request.of(asked.by, OPERATION, asked.key, wish.payment_id.hex, amount, wish.reason)

    async def work(session: AsyncSession) -> None:
        made = await _request(session, infra, wish, refund_id, asked.actor)
        log.info("refund.requested", refund_id=made.id.hex, payment_id=wish.payment_id.hex)

    refund_id = new_id()
    done = await do_once(infra, request, refund_id, work)
    try:
        await send_refund(infra, done)
    except StoreUnavailable:
        log.warning("refund.deferred", refund_id=done.hex)
    return await require_payment(infra, wish.payment_id)


async def _request(session: AsyncSession, infra: Infra, wish: RefundWish, refund_id: UUID, actor: str) -> Refund:
    locked = select(Payment).where(Payment.id == wish.payment_id).with_for_update()
    payment = await session.scalar(locked.execution_options(populate_existing=True))
    if payment is None:
        raise NotFound("There is no such payment.")
    if not payment.captured:
        status = await session.scalar(select(Order.status).where(Order.id == payment.order_id))
        raise InvalidTransition(str(status), OrderStatus.REFUNDED)
    amount, left = _amount(wish.amount, payment), refundable(payment)
    if not 0 < amount <= left:
        most = f"{to_decimal(left, payment.currency)} {payment.currency}"
        raise InvalidInput.at("amount", message=f"must be more than 0 and at most {most}")
    made = request_refund(session, payment, amount, wish.reason or "", actor, infra.now())
    made.id = refund_id
    await session.flush()
    return made


def _amount(amount: Decimal | None, payment: Payment) -> int:
    """Errors: InvalidInput."""
    if amount is None:
        return refundable(payment)
    try:
        return to_minor(amount, payment.currency)
    except MoneyError as error:
        raise InvalidInput.at("amount", message=str(error)) from None
