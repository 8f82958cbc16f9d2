"""Log out: end the session that a refresh token is of."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.session import RefreshSession
from services.audit.record import record
from services.session.end_session import Reason, end_session
from services.session.refresh_session import record_reuse, was_just_used
from services.session.revoke_sessions import revoke_sessions
from services.session.rules import is_alive
from services.session.token_pair import digest, session_of
from services.shared.client import NOWHERE, Client
from services.shared.errors import SessionExpired


async def logout(infra: Infra, refresh_token: str, client: Client = NOWHERE) -> None:
    """End the session of a refresh token: of the newest, and for a moment of the one before. Errors:
    SessionExpired, StoreUnavailable.

    A token that was used long ago ends the session as well, but is told that it has expired.
    """
    session_id = session_of(refresh_token)
    if session_id is None:
        raise SessionExpired()

    async def work(session: AsyncSession) -> tuple[bool, bool]:
        return await _end(infra, session, session_id, digest(refresh_token), client)

    ended, good = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    if ended:
        await revoke_sessions(infra, [session_id])
    if not (ended and good):
        raise SessionExpired()


async def _end(
    infra: Infra, session: AsyncSession, session_id: UUID, token_hash: str, client: Client
) -> tuple[bool, bool]:
    """End the session; returns whether it ended now, and whether the token was good."""
    row = await session.get(RefreshSession, session_id, with_for_update=True)
    if row is None or not is_alive(row, infra.now(), infra.settings):
        return False, False
    good = row.token_hash == token_hash or was_just_used(row, token_hash, infra)
    reason = Reason.LOGGED_OUT if good else Reason.TOKEN_REUSED
    if good:
        record(session, "session.closed", now=infra.now(), subject=row.user_id, client=client)
    else:
        record_reuse(session, row, client, infra.now())
    return await end_session(session, session_id, reason, infra.now()), good
