"""List the roles that the shop has made, and who has them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models.user import CustomRole, RoleHolder, User


async def list_custom_roles(infra: Infra) -> Sequence[CustomRole]:
    """Returns all by name; they are few. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        return (await session.scalars(select(CustomRole).order_by(CustomRole.name))).all()


async def custom_roles_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, CustomRole]:
    """Returns those that exist. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(CustomRole).where(CustomRole.id.in_(ids)))
        return {role.id: role for role in found}


async def holders_by_role(infra: Infra, role_ids: Collection[UUID]) -> dict[UUID, Sequence[User]]:
    """Find the accounts that have each role; one statement. Errors: StoreUnavailable."""
    held = select(RoleHolder.role_id, User).join(User, User.id == RoleHolder.user_id)
    found: dict[UUID, list[User]] = defaultdict(list)
    async with infra.database.read() as session:
        for role_id, user in await session.execute(held.where(RoleHolder.role_id.in_(role_ids)).order_by(User.id)):
            found[role_id].append(user)
    return dict(found)
