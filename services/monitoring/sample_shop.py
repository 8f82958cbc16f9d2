"""Look at the shop as a whole, for Prometheus: each figure is from an index, however many orders there are."""

from collections import Counter
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.eventlog import dead_letter_topic
from infra.runtime import Infra
from infra.telemetry.metrics import DEAD_LETTERS, LOG_LAG
from models import Order, OrderStatus, Payment, Refund, RefundState
from services.dead_letters.list_dead_letters import list_dead_letters
from services.document.keep_document import weigh_documents
from services.shared import events
from services.shared.metrics import (
    DOCUMENT_BYTES,
    FAILED_REFUNDS,
    HELD_PAYMENTS,
    OLDEST_OVERDUE,
    ORDERS,
    SAMPLED_AT,
)

# Of those that are at their end there are more and more: nobody counts them again and again.
_OPEN: Final = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID, OrderStatus.SHIPPED)
_RECENT: Final = timedelta(days=1)
_GROUPS: Final = (
    (events.ORDERS, events.ORDER_WORKERS),
    *((name, events.WEBHOOK_WORKERS) for name in events.TOPICS),
)


async def sample_shop(infra: Infra) -> None:
    """Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        await _orders(session)
        await _overdue(session, infra)
        await _money(session, infra)
    for topic, group in _GROUPS:
        LOG_LAG.labels(topic, group).set(await infra.events.lag(topic, group))
    DOCUMENT_BYTES.set(await weigh_documents(infra))
    SAMPLED_AT.set(infra.now().timestamp())


async def _orders(session: AsyncSession) -> None:
    found = select(Order.status, func.count()).where(Order.status.in_(_OPEN)).group_by(Order.status)
    counts = {row[0]: row[1] for row in await session.execute(found)}
    for status in _OPEN:
        ORDERS.labels(status.value.lower()).set(counts.get(status, 0))


async def _overdue(session: AsyncSession, infra: Infra) -> None:
    now = infra.now()
    oldest = await session.scalar(
        select(func.min(Order.expires_at)).where(Order.status == OrderStatus.AWAITING_PAYMENT)
    )
    OLDEST_OVERDUE.set(0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))


async def _money(session: AsyncSession, infra: Infra) -> None:
    held = select(func.count()).where(Payment.problem.is_not(None), Payment.refunded < Payment.captured)
    # A refund that failed stays so: who has seen to it, made another.
    failed = select(func.count()).where(Refund.state == RefundState.FAILED, Refund.due_at > infra.now() - _RECENT)
    HELD_PAYMENTS.set(await session.scalar(held) or 0)
    FAILED_REFUNDS.set(await session.scalar(failed) or 0)


async def count_dead_letters(infra: Infra) -> None:
    """Count the dead letters. All of them are read for that: seldom. Errors: StoreUnavailable."""
    letters = await list_dead_letters(infra)
    waiting = Counter(letter.topic for letter in letters if letter.replayed_at is None)
    for topic in events.TOPICS:
        DEAD_LETTERS.labels(dead_letter_topic(topic)).set(waiting[topic])
