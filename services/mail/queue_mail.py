"""Queue a mail in the transaction of what it tells of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import MailKind, QueuedMail, User


def queue_mail(
    session: AsyncSession,
    kind: MailKind,
    *,
    recipient: str,
    locale: str,
    now: datetime,
    user_id: UUID | None = None,
    data: dict[str, str] | None = None,
) -> None:
    """Queue a mail; the worker sends it, at least once. ``data`` holds no secret."""
    session.add(
        QueuedMail(
            id=new_id(),
            user_id=user_id,
            kind=kind,
            recipient=recipient,
            locale=locale,
            data=data or {},
            created_at=now,
            due_at=now,
            attempts=0,
        )
    )


def queue_for(session: AsyncSession, kind: MailKind, user: User, now: datetime, to: str | None = None) -> None:
    """Queue a mail to the user's own address, or to one that is to become it."""
    queue_mail(
        session,
        kind,
        recipient=to or user.mailbox,
        locale=user.locale,
        now=now,
        user_id=user.id,
        data={"name": user.display_name},
    )
