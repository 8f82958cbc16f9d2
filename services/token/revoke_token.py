"""Revoke a service token."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import ServiceToken
from services.audit.record import record
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client
from services.shared.errors import NotFound


async def revoke_token(
    infra: Infra, token_id: UUID, *, actor: UUID | str, client: Client = NOWHERE
) -> ServiceToken:
    """Revoke a token; one that was revoked before stays as it is. Errors: NotFound, StoreUnavailable."""

    async def work(session: AsyncSession) -> ServiceToken:
        row = await session.get(ServiceToken, token_id, with_for_update=True)
        if row is None:
            raise NotFound("There is no such token.")
        if row.revoked_at is None:
            row.revoked_at = infra.now()
            details = {"name": row.name}
            record(
                session,
                "token.revoked",
                now=row.revoked_at,
                subject=row.id,
                actor=actor,
                client=client,
                details=details,
            )
        return row

    row = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    # A token is its own session to those who remember it.
    await revoke_sessions(infra, [token_id])
    return row
