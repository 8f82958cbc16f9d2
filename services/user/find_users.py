"""Find users by id."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models.user import User


async def find_users(infra: Infra, ids: Sequence[UUID]) -> list[User | None]:
    """Returns the users in the order of ``ids``, None where there is none. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        users = {user.id: user for user in await session.scalars(select(User).where(User.id.in_(set(ids))))}
    return [users.get(id_) for id_ in ids]
