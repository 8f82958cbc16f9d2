"""What setting a new password does, whatever allowed it: all that the old one gave access to ends."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models import MailKind, TokenPurpose, User
from services.audit.record import record
from services.mail.queue_mail import queue_for
from services.mail.rows import revoke_tokens
from services.session.end_session import Reason, end_all_sessions
from services.shared.client import Client


async def set_password(
    session: AsyncSession, user: User, password_hash: str, *, action: str, now: datetime, client: Client
) -> Sequence[UUID]:
    """Set the password of ``user``, who is locked.

    Returns the sessions that end; after the commit the caller revokes their access tokens.
    """
    user.password_hash = password_hash
    await revoke_tokens(session, user, TokenPurpose.RESET_PASSWORD, TokenPurpose.CHANGE_EMAIL)
    queue_for(session, MailKind.PASSWORD_CHANGED, user, now)
    record(session, action, now=now, subject=user.id, client=client)
    return await end_all_sessions(session, user.id, Reason.PASSWORD_CHANGED, now)
