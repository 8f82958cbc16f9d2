"""What is told of payments: one event a change, under the order's key."""

from collections.abc import Mapping
from typing import Final

from models import Payment, PaymentProblem, PaymentStatus
from services.shared import events

_EVENTS: Final[Mapping[PaymentStatus, type[events.PaymentEvent]]] = {
    PaymentStatus.PENDING: events.PaymentCreated,
    PaymentStatus.AUTHORIZED: events.PaymentAuthorized,
    PaymentStatus.CAPTURED: events.PaymentCaptured,
    PaymentStatus.FAILED: events.PaymentFailed,
    PaymentStatus.CANCELLED: events.PaymentCancelled,
    PaymentStatus.PARTIALLY_REFUNDED: events.PaymentRefunded,
    PaymentStatus.REFUNDED: events.PaymentRefunded,
}


def payment_event(payment: Payment) -> events.PaymentEvent:
    """Returns the event of how a payment stands now."""
    status = PaymentStatus(payment.status)
    return _EVENTS[status](
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
