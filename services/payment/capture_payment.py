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
from services.payment.choose import find_provider
from services.payment.find_payments import require_payment
from services.payment.provider import Refused, Unreachable
from services.shared.asked import Asked
from services.shared.errors import InvalidTransition, NotFound, PaymentDeclined, TryAgain
from services.shared.idempotency import Request, do_once

OPERATION: Final = "capturePayment"


@dataclass(frozen=True, slots=True)
class _Check:
    payment_id: UUID

    async def run(self, session: AsyncSession) -> None:
        """Errors: NotFound, InvalidTransition."""
        payment = await session.get(Payment, self.payment_id)
        if payment is None:
            raise NotFound("There is no such payment.")
        status = await session.scalar(select(Order.status).where(Order.id == payment.order_id))
        ready = {PaymentStatus.AUTHORIZED} | (
            {PaymentStatus.PENDING} if payment.provider == manual.NAME else set()
        )
        if status != OrderStatus.AWAITING_PAYMENT or payment.status not in ready:
            raise InvalidTransition(str(status), OrderStatus.PAID)


async def capture_payment(infra: Infra, payment_id: UUID, asked: Asked) -> Payment:
    """All of it. What is AUTHORIZED, of ``manual`` also what is PENDING; the order is PAID then.

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
