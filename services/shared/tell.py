"""The door of the outbox: what happened, told in the transaction in which it happens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.messaging import TO_TELL, outbox_row
from services.shared.event import Event, to_envelope


@dataclass(frozen=True, slots=True)
class Told:
    """An event of what was asked for in a trace of its own, of things that are done together."""

    event: Event
    traceparent: str | None


async def tell(session: AsyncSession, now: datetime, *events: Event | Told) -> None:
    """Put the events into the outbox: once this transaction is committed, they are published, and not before.

    All that a transaction tells is one statement, at its end (models/changes.py).
    """
    rows = [_row(event if isinstance(event, Told) else Told(event, None), now) for event in events]
    session.info.setdefault(TO_TELL, []).extend(rows)


def _row(told: Told, now: datetime) -> dict[str, Any]:
    event = told.event
    return outbox_row(event.topic, event.key, to_envelope(event, now, told.traceparent), now)
