"""Settle what a provider answered, in a transaction of its own."""

from uuid import UUID

from infra.runtime import Infra
from models import Payment
from services.payment.provider import Standing
from services.payment.settle import settle
from services.shared.patience import or_try_again, transact_for_request


async def apply_news(infra: Infra, payment_id: UUID, news: Standing) -> Payment:
    """Settle a payment by what its provider says of it; who watches the order is told.

    Errors: NotFound, TryAgain: then it is asked for again later.
    """
    with or_try_again():
        # Cut off in its commit it may have happened; done again, it changes nothing.
        payment = await transact_for_request(infra, lambda session: settle(session, infra, payment_id, news))
    infra.signals.send([payment.order_id])
    return payment
