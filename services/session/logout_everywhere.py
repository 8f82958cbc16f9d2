"""Log out everywhere: end all sessions of a user."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.audit.record import record
from services.session.end_session import Reason, end_all_sessions
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client


async def logout_everywhere(
    infra: Infra, user_id: UUID, *, keep: UUID | None = None, client: Client = NOWHERE
) -> int:
    """End all sessions but ``keep``. Returns how many ended. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> list[UUID]:
        record(session, "session.closed_everywhere", now=infra.now(), subject=user_id, client=client)
        return list(await end_all_sessions(session, user_id, Reason.LOGGED_OUT, infra.now(), keep=keep))

    ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_sessions(infra, ended)
    return len(ended)
