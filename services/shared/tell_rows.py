"""Tell of rows that are to be told of (``models/told_later.py``), a batch at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, exists, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import take_free
from infra.runtime import Infra
from models.told_later import NotedWhenChanged, ToldLater
from services.shared.event import Event
from services.shared.tell import tell

BATCH: Final = 200
R = TypeVar("R", bound=NotedWhenChanged)
T = TypeVar("T", bound=ToldLater)


def any_due(table: type[ToldLater], now: Any) -> ColumnElement[bool]:
    """Returns whether a row is to be told of, as an expression."""
    return exists(select(table.tell_at).where(table.tell_at <= now))


async def take_due(session: AsyncSession, table: type[T], now: datetime) -> Sequence[T]:
    """Lock a batch of rows that are to be told of, the longest due first."""
    due = select(table).where(table.tell_at <= now)
    return (await session.scalars(take_free(due, table.tell_at, BATCH))).all()


async def tell_rows(infra: Infra, table: type[R], event_of: Callable[[R], Event]) -> int:
    """Tell of a batch; returns how many. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> int:
        now = infra.now()
        rows = await take_due(session, table, now)
        if not rows:
            return 0
        await tell(session, now, *map(event_of, rows))
        [identity] = inspect(table).primary_key
        told = (
            update(table)
            .where(identity.in_([getattr(row, str(identity.key)) for row in rows]))
            .values(tell_at=None, tell_as=None)
        )
        # Past the session: nothing that is cached depends on what was told.
        await (await session.connection()).execute(told)
        return len(rows)

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)
