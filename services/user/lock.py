"""The lock of an account."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import User
from services.shared.errors import NotFound


async def lock_account(session: AsyncSession, user_id: UUID) -> User:
    """Everything that changes an account takes this lock first. Errors: NotFound when it is closed."""
    user = await session.scalar(select(User).where(User.id == user_id, User.closed_at.is_(None)).with_for_update())
    if user is None:
        raise NotFound("There is no such account.")
    return user
