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
from models import Order, OrderStatus, Payment
from services.money.amounts import MoneyError, to_decimal, to_known_minor
from services.money.charging import multiple
from services.money.request_refund import refundable, request_refund
from services.payment.choose_provider import find_provider
from services.payment.find_payments import require_payment
from services.payment.send_refunds import Claimed, claim, send_claimed
from services.shared.asked import Asked
from services.shared.errors import InvalidInput, InvalidTransition, NotFound
from services.shared.idempotency import Request, do_once
from services.shared.texts import text_problem

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
    """Refund a payment: it is noted, and sent at once if the provider can be reached, else by a worker.

    It is noted as claimed: a worker that took it meanwhile would leave us to answer with how it stood before.

    Errors: InvalidInput, NotFound, InvalidTransition, IdempotencyConflict, TryAgain.
    """
    problem = None if wish.reason is None else text_problem(wish.reason, _LONGEST)
    if problem:
        raise InvalidInput.at("reason", message=problem)
    amount = None if wish.amount is None else str(wish.amount.normalize())
    request = Request.of(asked.by, OPERATION, asked.key, wish.payment_id.hex, amount, wish.reason)

    async def work(session: AsyncSession) -> None:
        claimed.append(await _request(session, infra, wish, refund_id, asked.actor))
        log.info("refund.requested", refund_id=refund_id.hex, payment_id=wish.payment_id.hex)

    claimed: list[Claimed] = []
    refund_id = new_id()
    if await do_once(infra, request, refund_id, work) == refund_id:
        await _send_refund(infra, claimed[-1])
    return await require_payment(infra, wish.payment_id)


async def _send_refund(infra: Infra, claimed: Claimed) -> None:
    try:
        await send_claimed(infra, claimed)
    except StoreUnavailable:
        log.warning("refund.deferred", refund_id=claimed.id.hex)


async def _request(session: AsyncSession, infra: Infra, wish: RefundWish, refund_id: UUID, actor: str) -> Claimed:
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
    _check_amount(infra, amount, payment)
    made = request_refund(session, payment, amount, wish.reason or "", actor, infra.now())
    made.id = refund_id
    claimed = claim(made, payment, infra.now())
    await session.flush()
    return claimed


def _check_amount(infra: Infra, amount: int, payment: Payment) -> None:
    """Errors: InvalidInput for a part that the provider cannot give back."""
    provider = find_provider(infra, payment.provider)
    step = 1 if provider is None else provider.step(payment.currency)
    if amount % step:
        raise InvalidInput.at("amount", message=multiple(step, payment.currency))


def _amount(amount: Decimal | None, payment: Payment) -> int:
    """Errors: InvalidInput."""
    if amount is None:
        return refundable(payment)
    try:
        return to_known_minor(amount, payment.currency)
    except MoneyError as error:
        raise InvalidInput.at("amount", message=str(error)) from None
