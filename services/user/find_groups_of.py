"""Find the groups that a customer is in."""

from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models.user import User
from services.shared.viewer import NO_GROUPS


async def find_groups_of(infra: Infra, user_id: UUID | None) -> frozenset[str]:
    """Returns the hex of their ids, as an access token has them; none of nobody. Errors: StoreUnavailable."""
    if user_id is None:
        return NO_GROUPS
    async with infra.database.read() as session:
        found = await session.scalar(select(User.group_ids).where(User.id == user_id))
    return frozenset(found or ())
