"""End sessions in the database. Whoever commits that then calls ``revoke_sessions``, for their access tokens."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.session import RefreshSession


class Reason(StrEnum):
    LOGGED_OUT = "LOGGED_OUT"
    REVOKED = "REVOKED"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - no password
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - no password
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"


async def end_session(session: AsyncSession, session_id: UUID, reason: Reason, now: datetime) -> bool:
    """End a session. Returns False when it had ended before: of two who end it, one is told True."""
    ended = await session.execute(
        update(RefreshSession)
        .where(RefreshSession.id == session_id, RefreshSession.revoked_at.is_(None))
        .values(revoked_at=now, revoked_reason=reason.value, successor=None)
        .execution_options(synchronize_session=False)
    )
    return bool(ended.rowcount)  # type: ignore[attr-defined]


async def end_all_sessions(
    session: AsyncSession, user_id: UUID, reason: Reason, now: datetime, *, keep: UUID | None = None
) -> Sequence[UUID]:
    """End all sessions of the user, but ``keep``. Returns the ids of those that had not ended before."""
    # Locked, so that none is rotated or started between the look and the end of it.
    live = select(RefreshSession.id).where(RefreshSession.user_id == user_id, RefreshSession.revoked_at.is_(None))
    found = [id_ for id_ in await session.scalars(live.with_for_update()) if id_ != keep]
    if found:
        await session.execute(
            update(RefreshSession)
            .where(RefreshSession.id.in_(found))
            .values(revoked_at=now, revoked_reason=reason.value, successor=None)
            .execution_options(synchronize_session=False)
        )
    return found
