"""Ask providers about payments of which there was no news, and cancel what nobody waits for any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue, serve
from infra.runtime import Infra
from models import Payment, PaymentStatus
from services.payment.apply_news import apply_news
from services.payment.choose_provider import find_provider
from services.payment.provider import Provider, Refused, Standing, Unreachable
from services.payment.rules import FIRST_CHECK, OPEN
from services.shared.errors import TryAgain

log = structlog.get_logger(__name__)
BATCH: Final = 20
QUEUE: Final = DueQueue(
    Payment,
    Payment.check_at,
    lease=Backoff(FIRST_CHECK, most=timedelta(minutes=5)),
    batch=BATCH,
    tries=Payment.checks,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    id: UUID
    provider: str
    reference: str | None
    amount: int
    currency: str
    is_live: bool


async def check_payments(infra: Infra) -> int:
    """Check a batch of payments that are due; returns how many. Errors: StoreUnavailable."""
    due = await infra.database.transact(lambda session: _claim(session, infra.now()), timeout=WORKERS_PATIENCE)
    return await serve(due, lambda one: _check_payment(infra, one))


async def _claim(session: AsyncSession, now: datetime) -> Sequence[_Asked]:
    found = await QUEUE.take(session, now)
    return [
        _Asked(r.id, r.provider, r.reference, r.amount, r.currency, r.live_order_id is not None) for r in found
    ]


async def _check_payment(infra: Infra, asked: _Asked) -> None:
    provider = find_provider(infra, asked.provider)
    if provider is None:
        log.error("payment.provider_unknown", payment_id=asked.id.hex, provider=asked.provider)
        return
    try:
        news = await _news(provider, asked)
        if news is not None:
            await apply_news(infra, asked.id, news)
    except (Unreachable, Refused, TryAgain) as error:
        log.warning("payment.not_checked", payment_id=asked.id.hex, provider=asked.provider, reason=str(error))


async def _news(provider: Provider, asked: _Asked) -> Standing | None:
    """A live one that the provider has not heard of is for its customer to try again."""
    news = await provider.fetch(asked.id.hex, asked.reference)
    if asked.is_live:
        return news
    if news is None:
        return Standing(asked.id.hex, "", PaymentStatus.CANCELLED, asked.amount, asked.currency)
    return news if news.status not in OPEN else await provider.cancel(news.reference, asked.id.hex)
