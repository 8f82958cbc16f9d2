"""Unlock an account: its owner may sign in again. The sessions of before stay ended."""

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.user import User
from services.audit.record import record
from services.user.rows import ByAdmin, locked_account


async def unlock_account(infra: Infra, change: ByAdmin) -> User:
    """Let a locked account in again.

    Returns it; one that is not locked stays as it is. Errors: NotFound, StoreUnavailable.
    """

    async def work(session: AsyncSession) -> User:
        user = await locked_account(session, change.user_id)
        if user.locked_at is not None:
            user.locked_at = None
            record(
                session,
                "account.unlocked",
                now=infra.now(),
                subject=user.id,
                actor=change.actor,
                client=change.client,
            )
        return user

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)
