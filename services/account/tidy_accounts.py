"""Throw away what nobody can use any more."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import AccountToken, QueuedMail

_TOKENS_KEPT = timedelta(days=7)
_FAILED_MAILS_KEPT = timedelta(days=30)


async def tidy_accounts(infra: Infra) -> None:
    """Delete tokens a week after they expired, and mails a month after they were given up.

    Errors: StoreUnavailable.
    """
    now = infra.now()

    async def work(session: AsyncSession) -> None:
        await session.execute(delete(AccountToken).where(AccountToken.expires_at < now - _TOKENS_KEPT))
        await session.execute(delete(QueuedMail).where(QueuedMail.failed_at < now - _FAILED_MAILS_KEPT))

    await infra.database.transact(work)
