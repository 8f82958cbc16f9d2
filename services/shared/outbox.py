"""The outbox: publish what transactions committed, at least once, oldest first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.changes import TOPIC as CHANGES
from infra.cloudevents import MEDIA_TYPE
from infra.database import WORKERS_PATIENCE
from infra.due_queue import DueQueue, always
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import OutboxMessage
from services.shared.events import ORDERS

BATCH = 200
QUEUE: Final = DueQueue(
    OutboxMessage,
    OutboxMessage.claimed_until,
    lease=always(timedelta(seconds=10)),
    batch=BATCH,
    order=OutboxMessage.id,
    at_once=True,
)
_PATIENCE = 5.0


class _NotInvalidated(StoreUnavailable):
    """Redis has not been told of a change, so nobody else is either."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: UUID
    topic: str
    key: str
    envelope: dict[str, Any]


async def relay_outbox(infra: Infra) -> int:
    """Publish a batch and delete it; returns how many. What fails stays, and is tried again after its lease.

    Errors: StoreUnavailable.
    """
    claimed = await infra.database.transact(lambda session: _claim(session, infra), timeout=WORKERS_PATIENCE)
    if not claimed:
        return 0
    # One gather, one round trip: the log batches what is sent together.
    results = await asyncio.gather(*(_publish(infra, message) for message in claimed), return_exceptions=True)
    done = [message.id for message, result in zip(claimed, results, strict=True) if result is None]
    late = [
        message.id for message, result in zip(claimed, results, strict=True) if isinstance(result, _NotInvalidated)
    ]
    await infra.database.transact(lambda session: _settle(session, done, late), timeout=WORKERS_PATIENCE)
    # Whoever committed it has told so already, unless it died.
    infra.signals.send(UUID(message.key) for message in claimed if message.topic == ORDERS)
    for result in results:
        if result is not None:
            raise result
    return len(done)


async def _claim(session: AsyncSession, infra: Infra) -> Sequence[_Claimed]:
    taken = await QUEUE.take(session, infra.now())
    return [_Claimed(m.id, m.topic, m.key, dict(m.envelope)) for m in taken]


async def _publish(infra: Infra, message: _Claimed) -> None:
    if message.topic == CHANGES:
        # Redis first: who hears of the change must not find what was before it there.
        try:
            await infra.changes.invalidate(message.envelope)
        except StoreUnavailable as error:
            raise _NotInvalidated(error.store) from error
    value = orjson.dumps(message.envelope)
    await infra.events.publish(message.topic, message.key, value, media_type=MEDIA_TYPE, timeout=_PATIENCE)


async def _settle(session: AsyncSession, done: Sequence[UUID], late: Sequence[UUID]) -> None:
    """``late`` are free to be claimed again: Redis must hear of a change as soon as it is back."""
    await session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(done)))
    if late:
        await session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(late))
            .values(claimed_until=None)
            .execution_options(synchronize_session=False)
        )
