"""End one of one's sessions, e.g. of a device that was lost."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.session import RefreshSession
from services.audit.record import record
from services.session.end_session import Reason, end_session
from services.session.revoke_sessions import revoke_sessions
from services.session.rules import is_alive
from services.shared.client import NOWHERE, Client
from services.shared.errors import NotFound


async def revoke_session(infra: Infra, user_id: UUID, session_id: UUID, client: Client = NOWHERE) -> None:
    """Errors: NotFound when it is over, or another's; StoreUnavailable."""

    async def work(session: AsyncSession) -> bool:
        row = await session.get(RefreshSession, session_id)
        if row is None or row.user_id != user_id or not is_alive(row, infra.now(), infra.settings):
            return False
        details = {"session": session_id.hex}
        record(session, "session.revoked", now=infra.now(), subject=user_id, client=client, details=details)
        return await end_session(session, session_id, Reason.REVOKED, infra.now())

    if not await infra.database.transact(work, timeout=infra.settings.store_timeout):
        raise NotFound("There is no such session.")
    await revoke_sessions(infra, [session_id])
