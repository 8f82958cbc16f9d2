"""Change what a custom role is called or lets do: in force at once for all who have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.user import CustomRole
from services.audit.record import record
from services.session.revoke_sessions import revoke_access_tokens
from services.shared.client import NOWHERE, Client
from services.shared.errors import StaleVersion
from services.user.create_custom_role import RoleDraft, write_named
from services.user.rows import holders_of, lock_custom_role, write_scopes


@dataclass(frozen=True, slots=True)
class RoleChange:
    """``version`` as it was read."""

    role_id: UUID
    version: int
    draft: RoleDraft


async def change_custom_role(
    infra: Infra, change: RoleChange, *, actor: UUID | str, client: Client = NOWHERE
) -> CustomRole:
    """Change a role. Access tokens that were given before end, and the next ones have what it lets do now.

    Errors: InvalidInput, NotFound, StaleVersion, StoreUnavailable.
    """
    clean = change.draft.checked()

    async def work(session: AsyncSession) -> tuple[CustomRole, Sequence[UUID]]:
        role = await lock_custom_role(session, change.role_id)
        if role.version != change.version:
            raise StaleVersion(role.version)
        role.name, role.scopes = clean.name, [scope.value for scope in clean.scopes]
        role.version += 1
        holders = await holders_of(session, role.id)
        await write_scopes(session, holders)
        details = {"name": role.name, "scopes": " ".join(role.scopes)}
        record(
            session, "custom_role.changed", now=infra.now(), subject=role.id, actor=actor, client=client,
            details=details,
        )  # fmt: skip
        return role, holders

    role, holders = await write_named(infra, work)
    await revoke_access_tokens(infra, *holders)
    return role
