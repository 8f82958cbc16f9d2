"""Everybody with a role beyond CUSTOMER."""

from collections.abc import Sequence

from sqlalchemy import select

from infra.runtime import Infra
from models.user import StaffRole, User


async def list_staff(infra: Infra) -> Sequence[User]:
    """Returns all who have a role, by e-mail address. Errors: StoreUnavailable."""
    statement = select(User).where(User.id.in_(select(StaffRole.user_id))).order_by(User.email)
    async with infra.database.read() as session:
        return list(await session.scalars(statement))
