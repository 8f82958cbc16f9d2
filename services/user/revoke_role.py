"""Take a role from an account."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.enums import Role
from models.user import StaffRole, User
from services.audit.record import record
from services.session.revoke_sessions import revoke_access_tokens
from services.user.grant_role import check_role
from services.user.rows import ByAdmin, locked_account, require_other_admin


async def revoke_role(infra: Infra, change: ByAdmin, role: Role) -> User:
    """Revoke a role. Returns the account; one without the role stays as it is. Access tokens that name the role
    end at once.

    Errors: NotFound, LastAdministrator, InvalidInput for CUSTOMER; StoreUnavailable.
    """
    check_role(role)

    async def work(session: AsyncSession) -> tuple[User, bool]:
        if role is Role.ADMIN:
            await require_other_admin(session, change.user_id)
        user = await locked_account(session, change.user_id)
        if role.value not in user.roles:
            return user, False
        user.roles = [name for name in user.roles if name != role.value]
        await session.execute(delete(StaffRole).where(StaffRole.role == role, StaffRole.user_id == user.id))
        record(
            session,
            "role.revoked",
            now=infra.now(),
            subject=user.id,
            actor=change.actor,
            client=change.client,
            details={"role": role.value},
        )
        return user, True

    user, changed = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    if changed:
        await revoke_access_tokens(infra, user.id)
    return user
