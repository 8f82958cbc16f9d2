"""Delete a custom role: who had it may do no more what only it let them do."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.user import RoleHolder
from services.audit.record import record
from services.session.revoke_sessions import revoke_access_tokens
from services.shared.client import NOWHERE, Client
from services.user.rows import holders_of, lock_custom_role, write_scopes


async def delete_custom_role(infra: Infra, role_id: UUID, *, actor: UUID | str, client: Client = NOWHERE) -> None:
    """Errors: NotFound, StoreUnavailable."""

    async def work(session: AsyncSession) -> Sequence[UUID]:
        role = await lock_custom_role(session, role_id)
        holders = await holders_of(session, role_id)
        await session.execute(delete(RoleHolder).where(RoleHolder.role_id == role_id))
        await write_scopes(session, holders)
        await session.delete(role)
        record(
            session, "custom_role.deleted", now=infra.now(), subject=role_id, actor=actor, client=client,
            details={"name": role.name},
        )  # fmt: skip
        return holders

    holders = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_access_tokens(infra, *holders)
