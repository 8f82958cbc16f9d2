"""One's own account: the proof that it is, and a lock on its row."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import User
from services.shared.errors import InvalidCredentials
from services.user.rows import lock_account
from services.user.rules import turn_to_hash, verify_password


async def prove_password(infra: Infra, user_id: UUID, password: str) -> User:
    """Check the password of one's own account. Returns the user as read before that: ``lock_proved`` finds out
    whether it still is.

    Errors: InvalidCredentials, TryAgain, StoreUnavailable.
    """
    async with turn_to_hash(str(user_id)):
        async with infra.database.read() as session:
            user = await session.scalar(select(User).where(User.id == user_id, User.closed_at.is_(None)))
        if not await verify_password(user.password_hash if user else None, password) or user is None:
            raise wrong_password()
    return user


async def lock_proved(session: AsyncSession, proved: User) -> User:
    """Errors: InvalidCredentials when the password was changed meanwhile."""
    user = await lock_account(session, proved.id)
    if user.password_hash != proved.password_hash:
        raise wrong_password()
    return user


def wrong_password() -> InvalidCredentials:
    return InvalidCredentials("The password is wrong.")
