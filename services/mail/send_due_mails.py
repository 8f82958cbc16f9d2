"""Send the mails that are due: at least once each, again later when that fails, given up in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue, always, serve
from infra.runtime import Infra
from models import MailKind, QueuedMail
from services.mail.compose import Composed, Due, compose
from services.mail.mailer import Mailer, MailNotSent, MailRefused
from services.mail.rows import forget_token

log = structlog.get_logger(__name__)

BATCH: Final = 40
"""Mails that one worker takes at a time; how many of them go at once, the mailer knows."""
QUEUE: Final = DueQueue(
    QueuedMail,
    QueuedMail.due_at,
    # Longer than a mailer may take for all of them: until then no other worker sends the same mail.
    lease=always(timedelta(seconds=90)),
    batch=BATCH,
    tries=QueuedMail.attempts,
    only=(QueuedMail.failed_at.is_(None),),
)
_RETRY: Final = Backoff(timedelta(seconds=5), factor=4)
MAX_ATTEMPTS: Final = 7
"""Each waits four times as long as the one before: almost two hours in all."""


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    given_up: bool


async def send_due_mails(infra: Infra, mailer: Mailer) -> int:
    """Returns how many were taken from the queue. Errors: StoreUnavailable."""
    taken = await infra.database.transact(lambda session: _take(session, infra))
    return await serve(taken, lambda due: _send(infra, mailer, due))


async def _take(session: AsyncSession, infra: Infra) -> Sequence[Due]:
    rows = await QUEUE.take(session, infra.now())
    return [
        Due(row.id, row.user_id, MailKind(row.kind), row.recipient, row.locale, dict(row.data), row.attempts)
        for row in rows
    ]


async def _send(infra: Infra, mailer: Mailer, due: Due) -> None:
    composed = await compose(infra, due)
    if composed is not None:
        try:
            await mailer.send(composed.mail)
        except MailNotSent as error:
            failure = _Failure(str(error)[:200], isinstance(error, MailRefused) or due.attempts >= MAX_ATTEMPTS)
            await infra.database.transact(lambda session: _put_back(session, infra, due, composed, failure))
            _tell(due, failure)
            return
        log.info("mail.sent", mail_id=due.id.hex, kind=due.kind.value, attempts=due.attempts)
    await infra.groups.of("sent mails", partial(_delete, infra)).ask(due.id)


async def _delete(infra: Infra, mail_ids: Sequence[UUID]) -> list[None]:
    async def work(session: AsyncSession) -> None:
        await session.execute(delete(QueuedMail).where(QueuedMail.id.in_(mail_ids)))

    await infra.database.transact(work, timeout=WORKERS_PATIENCE)
    return [None] * len(mail_ids)


async def _put_back(session: AsyncSession, infra: Infra, due: Due, composed: Composed, failure: _Failure) -> None:
    now = infra.now()
    await session.execute(
        update(QueuedMail)
        .where(QueuedMail.id == due.id)
        .values(
            reason=failure.reason,
            due_at=now + _RETRY.after(due.attempts - 1),
            failed_at=now if failure.given_up else None,
        )
        .execution_options(synchronize_session=False)
    )
    if composed.token_id is not None:
        await forget_token(session, composed.token_id)


def _tell(due: Due, failure: _Failure) -> None:
    facts = {"mail_id": due.id.hex, "kind": due.kind.value, "attempts": due.attempts, "reason": failure.reason}
    if failure.given_up:
        log.error("mail.given_up", **facts)
    else:
        log.warning("mail.not_sent", **facts)
