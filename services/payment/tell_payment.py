"""One event a change of a payment, under the order's key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models import Payment, PaymentProblem, PaymentStatus
from services.shared import events
from services.shared.tell import tell

_EVENTS: Final[Mapping[PaymentStatus, type[events.PaymentEvent]]] = {
    PaymentStatus.PENDING: events.PaymentCreated,
    PaymentStatus.AUTHORIZED: events.PaymentAuthorized,
    PaymentStatus.CAPTURED: events.PaymentCaptured,
    PaymentStatus.FAILED: events.PaymentFailed,
    PaymentStatus.CANCELLED: events.PaymentCancelled,
    PaymentStatus.PARTIALLY_REFUNDED: events.PaymentRefunded,
    PaymentStatus.REFUNDED: events.PaymentRefunded,
}


async def tell_payment(session: AsyncSession, payment: Payment, now: datetime) -> None:
    """Tell how a payment stands now."""
    status = PaymentStatus(payment.status)
    told = _EVENTS[status](
        payment_id=payment.id,
        order_id=payment.order_id,
        provider=payment.provider,
        status=status,
        amount=payment.amount,
        captured=payment.captured,
        refunded=payment.refunded,
        currency=payment.currency,
        problem=None if payment.problem is None else PaymentProblem(payment.problem),
    )
    await tell(session, now, told)
