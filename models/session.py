"""Sessions of people, tokens of machines, and the audit log of what happened to both."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.types import exact_text


class RefreshSession(Base):
    """A sign-in on one device: the family of its refresh tokens, of which the newest is valid once.

    Only SHA-256 hashes of tokens are kept. ``successor`` is the pair that the previous token was exchanged for,
    encrypted with a key that only the holder of the previous token can make: two tabs that race get the same.
    """

    __tablename__ = "refresh_sessions"
    __table_args__ = (Index("ix_refresh_sessions_user_id_id", "user_id", "id"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(exact_text(64), unique=True)
    previous_hash: Mapped[str | None] = mapped_column(exact_text(64), index=True)
    successor: Mapped[str | None] = mapped_column(Text)
    rotated_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(200))
    ip: Mapped[str] = mapped_column(exact_text(45))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(exact_text(32))


class ServiceToken(Base):
    """A machine's token: named, scoped, revocable; only its SHA-256 is kept."""

    __tablename__ = "service_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(exact_text(64), unique=True)
    roles: Mapped[list[str]] = mapped_column(JSON)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_by: Mapped[str] = mapped_column(exact_text(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One security event; rows are only ever added. ``actor`` and ``subject`` are ids in hex, or a name."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_subject_id", "subject", "id"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(exact_text(48), index=True)
    outcome: Mapped[str] = mapped_column(exact_text(16))
    actor: Mapped[str | None] = mapped_column(exact_text(64), index=True)
    subject: Mapped[str | None] = mapped_column(exact_text(64))
    ip: Mapped[str | None] = mapped_column(exact_text(45))
    device: Mapped[str | None] = mapped_column(String(200))
    details: Mapped[dict[str, str]] = mapped_column(JSON)
