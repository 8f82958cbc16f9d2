"""What all changes of an account by an administrator have in common."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models.user import User
from services.shared.client import NOWHERE, Client
from services.shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ByAdmin:
    """Who changes whose account; ``actor_id`` is None for the command line."""

    user_id: UUID
    actor_id: UUID | None = None
    client: Client = NOWHERE

    @property
    def actor(self) -> str:
        return self.actor_id.hex if self.actor_id else "command line"


async def locked_account(session: AsyncSession, user_id: UUID) -> User:
    """The account, held until the commit. Errors: NotFound, also for one that is closed."""
    user = await session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None or user.closed_at is not None:
        raise NotFound("There is no such account.")
    return user
