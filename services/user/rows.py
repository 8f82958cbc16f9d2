"""Rows of users, locked before they are changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.enums import Role
from models.user import CustomRole, RoleHolder, StaffRole, User
from services.shared.client import NOWHERE, Client
from services.shared.errors import LastAdministrator, NotFound


async def lock_account(session: AsyncSession, user_id: UUID) -> User:
    """Lock an account: everything that changes one takes this lock first. Errors: NotFound when it is closed."""
    user = await session.scalar(select(User).where(User.id == user_id, User.closed_at.is_(None)).with_for_update())
    if user is None:
        raise NotFound("There is no such account.")
    return user


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
    """Lock an account until the commit and read it. Errors: NotFound, also for one that is closed."""
    user = await session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None or user.closed_at is not None:
        raise NotFound("There is no such account.")
    return user


def rows(user_id: UUID, roles: Iterable[Role]) -> list[StaffRole]:
    return [StaffRole(role=role, user_id=user_id) for role in roles if role is not Role.CUSTOMER]


async def require_other_admin(session: AsyncSession, user_id: UUID) -> None:
    """Check that somebody else can administer.

    Holds all administrators until the commit. Errors: LastAdministrator.
    """
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
    await session.execute(delete(RoleHolder).where(RoleHolder.user_id == user_id))


async def lock_custom_role(session: AsyncSession, role_id: UUID) -> CustomRole:
    """Lock a custom role: who changes it or who has it takes this lock first. Errors: NotFound."""
    role = await session.get(CustomRole, role_id, with_for_update=True, populate_existing=True)
    if role is None:
        raise NotFound("There is no such role.")
    return role


async def holders_of(session: AsyncSession, role_id: UUID) -> list[UUID]:
    found = select(RoleHolder.user_id).where(RoleHolder.role_id == role_id)
    return list(await session.scalars(found.order_by(RoleHolder.user_id)))


async def write_scopes(session: AsyncSession, user_ids: Sequence[UUID]) -> None:
    """Write what accounts may do by their custom roles; two statements, and one for each account.

    Their access tokens are revoked by the caller, after the commit.
    """
    await session.flush()
    held = select(RoleHolder.user_id, CustomRole.scopes).join(CustomRole, CustomRole.id == RoleHolder.role_id)
    scopes: dict[UUID, set[str]] = {user_id: set() for user_id in user_ids}
    for user_id, some in await session.execute(held.where(RoleHolder.user_id.in_(user_ids))):
        scopes[user_id].update(some)
    locked = select(User).where(User.id.in_(user_ids)).order_by(User.id).with_for_update()
    for user in await session.scalars(locked.execution_options(populate_existing=True)):
        user.scopes = sorted(scopes[user.id]) or None
