"""Who has a role beyond CUSTOMER: a row each, beside the list in the account that tokens are made from.

The rows answer what the list cannot without reading every account: who the administrators are. They are locked
in the order of their ids by whoever may take the last one away.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.enums import Role
from models.user import StaffRole, User
from services.shared.errors import LastAdministrator


def rows(user_id: UUID, roles: Iterable[Role]) -> list[StaffRole]:
    return [StaffRole(role=role, user_id=user_id) for role in roles if role is not Role.CUSTOMER]


async def require_other_admin(session: AsyncSession, user_id: UUID) -> None:
    """Somebody else can administer. Holds all administrators until the commit. Errors: LastAdministrator."""
    admins = (
        select(User)
        .join(StaffRole, StaffRole.user_id == User.id)
        .where(StaffRole.role == Role.ADMIN)
        .order_by(User.id)
        .with_for_update()
    )
    found = list(await session.scalars(admins.execution_options(populate_existing=True)))
    others = [user for user in found if user.id != user_id and user.locked_at is None and user.closed_at is None]
    if any(user.id == user_id for user in found) and not others:
        raise LastAdministrator


async def forget_roles(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(StaffRole).where(StaffRole.user_id == user_id))
