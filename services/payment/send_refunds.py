"""Send refunds to their providers, as often as it takes for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue, always, serve
from infra.runtime import Infra
from models import Payment, Refund, RefundState
from services.payment.choose_provider import find_provider
from services.payment.provider import Refused, Standing, Unreachable
from services.payment.settle import News, settle

log = structlog.get_logger(__name__)
BATCH: Final = 20
QUEUE: Final = DueQueue(
    Refund,
    Refund.due_at,
    # Longer than a provider may take: until then no other worker sends the same.
    lease=always(timedelta(seconds=60)),
    batch=BATCH,
    tries=Refund.attempts,
    only=(Refund.state == RefundState.PENDING,),
)
_RETRY: Final = Backoff(timedelta(seconds=2), most=timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A refund that its claimer sends, and nobody else for a while."""

    id: UUID
    payment_id: UUID
    amount: int
    provider: str
    reference: str
    attempts: int


_Sent = tuple[Claimed, Standing]
"""A refund, and how its payment stands after it."""


async def send_refunds(infra: Infra) -> int:
    """Send a batch of refunds that are due; returns how many. Errors: StoreUnavailable."""
    due = await infra.database.transact(lambda session: _claim_due(session, infra), timeout=WORKERS_PATIENCE)
    return await serve(due, lambda one: send_claimed(infra, one))


def claim(refund: Refund, payment: Payment, now: datetime) -> Claimed:
    """Claim a refund in the transaction that makes it, or has it locked."""
    QUEUE.hold(refund, now)
    return _claimed(refund, payment)


def _claimed(refund: Refund, payment: Payment) -> Claimed:
    return Claimed(refund.id, payment.id, refund.amount, payment.provider, str(payment.reference), refund.attempts)


async def _claim_due(session: AsyncSession, infra: Infra) -> Sequence[Claimed]:
    found = await QUEUE.take(session, infra.now())
    paid = select(Payment).where(Payment.id.in_([row.payment_id for row in found]))
    payments = {payment.id: payment for payment in await session.scalars(paid)}
    return [_claimed(row, payments[row.payment_id]) for row in found]


async def send_claimed(infra: Infra, due: Claimed) -> None:
    """Errors: StoreUnavailable; it is sent again when the claim has run out."""
    provider = find_provider(infra, due.provider)
    try:
        if provider is None:
            raise Refused(f"there is no provider {due.provider}")
        news = await provider.refund(due.reference, due.amount, due.id.hex)
    except Unreachable as error:
        log.warning("refund.unreachable", refund_id=due.id.hex, provider=due.provider, reason=str(error))
        await infra.database.transact(lambda session: _later(session, infra, due), timeout=WORKERS_PATIENCE)
        return
    except Refused as error:
        log.error("refund.refused", refund_id=due.id.hex, provider=due.provider, reason=str(error))
        await infra.database.transact(lambda session: _fail(session, infra, due), timeout=WORKERS_PATIENCE)
        return
    group = infra.groups.of("refunds", partial(_finish_together, infra))
    infra.signals.send([await group.ask((due, news))])


async def _later(session: AsyncSession, infra: Infra, due: Claimed) -> None:
    row = await _lock(session, due.id)
    if row.state == RefundState.PENDING:
        row.due_at = infra.now() + _RETRY.after(due.attempts - 1)


async def _fail(session: AsyncSession, infra: Infra, due: Claimed) -> None:
    """Staff see it, and may try again with another refund."""
    payment = await session.get(Payment, due.payment_id, with_for_update=True, populate_existing=True)
    row = await _lock(session, due.id)
    if row.state == RefundState.PENDING and payment is not None:
        row.state, row.updated_at = RefundState.FAILED, infra.now()
        payment.refunding -= min(row.amount, payment.refunding)


async def _finish_together(infra: Infra, sent: Sequence[_Sent]) -> list[UUID]:
    return await infra.database.transact(lambda session: _finish(session, infra, sent), timeout=WORKERS_PATIENCE)


async def _finish(session: AsyncSession, infra: Infra, sent: Sequence[_Sent]) -> list[UUID]:
    """Payments before their refunds, as everybody locks them; orders before both. Returns each one's order."""
    settled = await settle(session, infra, [News(due.payment_id, news) for due, news in sent])
    ids = {due.id for due, _ in sent}
    rows = select(Refund).where(Refund.id.in_(ids), Refund.state == RefundState.PENDING).order_by(Refund.id)
    for row in await session.scalars(rows.with_for_update().execution_options(populate_existing=True)):
        row.state, row.updated_at = RefundState.DONE, infra.now()
    return [settled[due.payment_id].order_id for due, _ in sent]


async def _lock(session: AsyncSession, refund_id: UUID) -> Refund:
    return await session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
