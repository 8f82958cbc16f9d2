"""One event a change of a payment, through the outbox, under the order's key."""

from datetime import datetime
from typing import Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import OutboxMessage, Payment, PaymentStatus
from services.shared.events import (
    PAYMENT_AUTHORIZED,
    PAYMENT_CANCELLED,
    PAYMENT_CAPTURED,
    PAYMENT_CREATED,
    PAYMENT_FAILED,
    PAYMENT_REFUNDED,
    PAYMENTS,
    Event,
    envelope,
)

_KINDS: Final = {
    PaymentStatus.PENDING: PAYMENT_CREATED,
    PaymentStatus.AUTHORIZED: PAYMENT_AUTHORIZED,
    PaymentStatus.CAPTURED: PAYMENT_CAPTURED,
    PaymentStatus.FAILED: PAYMENT_FAILED,
    PaymentStatus.CANCELLED: PAYMENT_CANCELLED,
    PaymentStatus.PARTIALLY_REFUNDED: PAYMENT_REFUNDED,
    PaymentStatus.REFUNDED: PAYMENT_REFUNDED,
}


async def tell(session: AsyncSession, payment: Payment, now: datetime) -> None:
    """How it stands now. Amounts in minor units."""
    data = {
        "paymentId": payment.id.hex,
        "orderId": payment.order_id.hex,
        "provider": payment.provider,
        "status": PaymentStatus(payment.status).value,
        "amount": payment.amount,
        "captured": payment.captured,
        "refunded": payment.refunded,
        "currency": payment.currency,
        "problem": payment.problem,
    }
    key = payment.order_id.hex
    row = {
        "id": new_id(),
        "topic": PAYMENTS,
        "key": key,
        "envelope": envelope(Event(_KINDS[PaymentStatus(payment.status)], key, data), now),
        "created_at": now,
        "claimed_until": None,
    }
    await session.execute(insert(OutboxMessage), [row])
