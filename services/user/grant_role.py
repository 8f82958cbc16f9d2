"""Grant a role to an account."""

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.enums import Role
from models.user import StaffRole, User
from services.audit.record import record
from services.session.revoke_sessions import revoke_access_tokens
from services.shared.errors import InvalidInput
from services.user.rows import ByAdmin, locked_account


async def grant_role(infra: Infra, change: ByAdmin, role: Role) -> User:
    """Grant a role. Returns the account; one that has the role stays as it is. Its next refresh gives the role to
    its sessions.

    Errors: NotFound, InvalidInput for CUSTOMER, which everybody has; StoreUnavailable.
    """
    check_role(role)

    async def work(session: AsyncSession) -> tuple[User, bool]:
        user = await locked_account(session, change.user_id)
        if user.is_guest:
            raise InvalidInput.at("userId", message="is a guest, who has no account")
        if role.value in user.roles:
            return user, False
        user.roles = [*user.roles, role.value]
        session.add(StaffRole(role=role, user_id=user.id))
        details = {"role": role.value}
        record(
            session,
            "role.granted",
            now=infra.now(),
            subject=user.id,
            actor=change.actor,
            client=change.client,
            details=details,
        )
        return user, True

    user, changed = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    if changed:
        await revoke_access_tokens(infra, user.id)
    return user


def check_role(role: Role) -> None:
    """Errors: InvalidInput."""
    if role is Role.GUEST:
        raise InvalidInput.at("role", message="an account is no guest")
    if role is Role.CUSTOMER:
        raise InvalidInput.at("role", message="every account is a customer's")
