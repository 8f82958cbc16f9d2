"""Find users by id."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models.user import User


async def users_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, User]:
    """Returns those that exist. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        return {user.id: user for user in await session.scalars(select(User).where(User.id.in_(set(ids))))}


async def find_users(infra: Infra, ids: Sequence[UUID]) -> list[User | None]:
    """Returns the users in the order of ``ids``, None where there is none. Errors: StoreUnavailable."""
    users = await users_by_id(infra, ids)
    return [users.get(id_) for id_ in ids]
