"""Mails that were given up: to look at, and to send after all."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import QueuedMail

MOST = 200


async def list_given_up(infra: Infra) -> Sequence[QueuedMail]:
    """List mails that were given up, the oldest first, at most ``MOST``. Errors: StoreUnavailable."""
    query = select(QueuedMail).where(QueuedMail.failed_at.is_not(None)).order_by(QueuedMail.id).limit(MOST)
    async with infra.database.read() as session:
        return (await session.scalars(query)).all()


async def retry_given_up(infra: Infra, ids: Sequence[UUID] | None = None) -> int:
    """Put these, or all, back into the queue; how many there were. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> int:
        statement = update(QueuedMail).where(QueuedMail.failed_at.is_not(None))
        if ids is not None:
            statement = statement.where(QueuedMail.id.in_(ids))
        fresh = {"failed_at": None, "attempts": 0, "due_at": infra.now()}
        result = await session.execute(statement.values(fresh).execution_options(synchronize_session=False))
        return int(result.rowcount)  # type: ignore[attr-defined]  # of a CursorResult

    return await infra.database.transact(work)
