"""Give a custom role to an account, or take it away: in force at once."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.user import RoleHolder, User
from services.audit.record import record
from services.session.revoke_sessions import revoke_access_tokens
from services.user.rows import ByAdmin, lock_custom_role, locked_account, write_scopes


async def assign_custom_role(infra: Infra, change: ByAdmin, role_id: UUID, *, has: bool) -> User:
    """Write whether an account has a role; one that is so already stays as it is.

    Returns the account. Errors: NotFound, StoreUnavailable.
    """

    async def work(session: AsyncSession) -> tuple[User, bool]:
        role = await lock_custom_role(session, role_id)
        user = await locked_account(session, change.user_id)
        held = await session.get(RoleHolder, (role_id, user.id))
        if (held is not None) == has:
            return user, False
        if has:
            session.add(RoleHolder(role_id=role_id, user_id=user.id))
        else:
            await session.execute(
                delete(RoleHolder).where(RoleHolder.role_id == role_id, RoleHolder.user_id == user.id)
            )
        await write_scopes(session, [user.id])
        record(
            session, "custom_role.assigned" if has else "custom_role.taken", now=infra.now(), subject=user.id,
            actor=change.actor, client=change.client, details={"name": role.name},
        )  # fmt: skip
        return user, True

    user, changed = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    if changed:
        await revoke_access_tokens(infra, user.id)
    return user
