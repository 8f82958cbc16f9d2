"""Mail that waits to be sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import MailKind
from models.types import exact_text


class QueuedMail(Base):
    """Committed with the change it tells of, deleted once sent.

    It holds no token: the worker makes that when it sends. ``user_id`` is empty when only the address is known
    yet. A worker that takes a mail moves ``due_at`` past the time it may need; ``failed_at`` is set when the
    mail is given up.
    """

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_failed_at_due_at", "failed_at", "due_at"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    kind: Mapped[MailKind] = mapped_column(exact_text(32))
    recipient: Mapped[str] = mapped_column(exact_text(254))
    locale: Mapped[str] = mapped_column(exact_text(16))
    data: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    failed_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
