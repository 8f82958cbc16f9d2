"""Take money that is held, or note that money has come another way."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Order, OrderStatus, Payment, PaymentStatus
from services.payment import manual
from services.payment.apply_news import apply_news
from services.payment.choose_provider import find_provider
from services.payment.find_payments import require_payment
from services.payment.provider import Refused, Unreachable
from services.shared.asked import Asked
from services.shared.errors import InvalidTransition, NotFound, PaymentDeclined, TryAgain
from services.shared.idempotency import Request, do_once

OPERATION: Final = "capturePayment"
_MAY_COME: Final = (
    PaymentStatus.PENDING,
    PaymentStatus.AUTHORIZED,
    PaymentStatus.FAILED,
    PaymentStatus.CANCELLED,
)
"""A bank transfer is on its way whatever became of the order and of our row meanwhile."""


@dataclass(frozen=True, slots=True)
class _Check:
    payment_id: UUID

    async def run(self, session: AsyncSession) -> None:
        """Errors: NotFound, InvalidTransition."""
        payment = await session.get(Payment, self.payment_id)
        if payment is None:
            raise NotFound("There is no such payment.")
        if payment.provider == manual.NAME and payment.status in _MAY_COME:
            return
        status = await session.scalar(select(Order.status).where(Order.id == payment.order_id))
        if status != OrderStatus.AWAITING_PAYMENT or payment.status != PaymentStatus.AUTHORIZED:
            raise InvalidTransition(str(status), OrderStatus.PAID)


async def capture_payment(infra: Infra, payment_id: UUID, asked: Asked) -> Payment:
    """Take all of it: what is AUTHORIZED, of ``manual`` whatever has come. The order is PAID then.

    Money of ``manual`` that comes after the order was closed, or paid otherwise, is noted too, and goes back.

    Errors: InvalidInput, NotFound, InvalidTransition, PaymentDeclined, IdempotencyConflict, TryAgain.
    """
    request = Request.of(asked.by, OPERATION, asked.key, payment_id.hex)
    await do_once(infra, request, payment_id, _Check(payment_id).run)
    payment = await require_payment(infra, payment_id)
    provider = find_provider(infra, payment.provider)
    if payment.captured or provider is None or payment.reference is None:
        return payment
    try:
        news = await provider.capture(payment.reference, payment.amount, payment.id.hex)
    except Unreachable as error:
        raise TryAgain from error
    except Refused as error:
        raise PaymentDeclined from error
    return await apply_news(infra, payment_id, news)
