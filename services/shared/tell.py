"""The door of the outbox: what happened, told in the transaction in which it happens."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models import OutboxMessage
from models.messaging import outbox_row
from services.shared.event import Event, to_envelope


async def tell(session: AsyncSession, now: datetime, *events: Event) -> None:
    """Put the events into the outbox: once this transaction is committed, they are published, and not before.

    Told in one call, they are one statement.
    """
    if events:
        rows = [outbox_row(event.topic, event.key, to_envelope(event, now), now) for event in events]
        connection = await session.connection()  # past the session, which looks at each row
        await connection.execute(insert(OutboxMessage), rows)
