"""Settle what a provider answered, together with what others are told at the same time."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from infra.telemetry import tracing
from models import Payment
from services.payment.provider import Standing
from services.payment.settle import News, settle
from services.shared.errors import NotFound
from services.shared.patience import ask_together, or_try_again, transact_for_request

_KIND = "settle"


async def apply_news(infra: Infra, payment_id: UUID, standing: Standing) -> Payment:
    """Settle a payment by what its provider says of it; who watches the order is told.

    Errors: NotFound, TryAgain: then it is asked for again later.
    """
    news = News(payment_id, standing, tracing.traceparent())
    with or_try_again():
        # Cut off in its commit it may have happened; done again, it changes nothing.
        payment = await ask_together(infra, _KIND, partial(_apply, infra), news)
    infra.signals.send([payment.order_id])
    return payment


async def _apply(infra: Infra, news: Sequence[News]) -> list[Payment | Exception]:
    async def work(session: AsyncSession) -> dict[UUID, Payment]:
        return await settle(session, infra, news)

    settled = await transact_for_request(infra, work)
    return [settled.get(one.payment_id) or NotFound("There is no such payment.") for one in news]
