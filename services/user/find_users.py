"""Find users by id."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, select, union

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


def users_with(email: str) -> Select[UUID]:
    """Select who has the address, which is as it is stored, by two indexes: of accounts, and of guests.

    Found first, in a table of their own: MariaDB would look for a union again at each row.
    """
    accounts, guests = select(User.id).where(User.email == email), select(User.id).where(User.guest_email == email)
    return select(union(accounts, guests).subquery().c.id)
