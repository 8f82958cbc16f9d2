"""What follows from a payment's own numbers. Pure."""

from datetime import datetime, timedelta
from typing import Final

from models import Payment, PaymentProblem, PaymentStatus
from services.payment.provider import Standing

FIRST_CHECK: Final = timedelta(seconds=10)
_MOST_CHECKS: Final = 20
"""More than an hour, for fees alone."""
OPEN: Final = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED)
_ENDED: Final = (PaymentStatus.FAILED, PaymentStatus.CANCELLED)
_RANKS: Final = (*OPEN, *_ENDED)


def problem_of(payment: Payment, total: int, currency: str) -> PaymentProblem | None:
    """Say what keeps the money from paying an order of that total, or None."""
    if payment.currency != currency:
        return PaymentProblem.WRONG_CURRENCY
    return None if payment.captured == total else PaymentProblem.WRONG_AMOUNT


def status_after(payment: Payment, news: Standing) -> PaymentStatus:
    """Returns the status once the news are counted."""
    if payment.refunded:
        whole = payment.refunded == payment.captured
        return PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    if payment.captured:
        return PaymentStatus.CAPTURED
    if news.status not in _RANKS:
        return PaymentStatus(payment.status)  # captured or refunded, and no money with it: nothing has happened
    # News of before may come late.
    return max(PaymentStatus(payment.status), news.status, key=_RANKS.index)


def next_check(payment: Payment, news: Standing, now: datetime) -> datetime | None:
    """Returns when to ask about one that has ended here. The worker, which asks for fees, has set its next time
    already."""
    if news.status in OPEN and payment.status in _ENDED:
        # Late news, or the provider heard of it after we had given it up: then it must be cancelled there too.
        return now
    if news.fees is not None or payment.fees:
        return None
    if payment.checks >= _MOST_CHECKS:
        return None
    return payment.check_at or now + FIRST_CHECK
