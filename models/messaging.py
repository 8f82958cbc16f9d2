"""What makes work happen exactly once: the barrier, idempotency keys and the outbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from infra.ids import new_id
from models.base import Base
from models.types import exact_text


class Barrier(Base):
    """A row a (saga, branch, operation), written in the transaction of the step itself (after dtm's barrier)."""

    __tablename__ = "barrier"

    saga_id: Mapped[UUID] = mapped_column(primary_key=True)
    branch: Mapped[str] = mapped_column(exact_text(32), primary_key=True)
    operation: Mapped[str] = mapped_column(exact_text(16), primary_key=True)
    reason: Mapped[str] = mapped_column(exact_text(16))
    created_at: Mapped[datetime]


class IdempotencyKey(Base):
    """The first input that came with a key, and what it made."""

    __tablename__ = "idempotency_keys"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(exact_text(32), primary_key=True)
    key: Mapped[str] = mapped_column(exact_text(128), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(exact_text(64))
    result_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(index=True)


class OutboxMessage(Base):
    """An event to publish, committed with the change it tells of; the relay deletes it once it is in the log.

    ``claimed_until``: one relay is publishing it; after that time another may.
    """

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(100))
    envelope: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None] = mapped_column(index=True)


TO_TELL: Final = "rows of the outbox"
"""Where a session's ``info`` has what a transaction tells, until it is committed: then all goes in one INSERT."""


def outbox_row(topic: str, key: str, envelope: Mapping[str, object], now: datetime) -> dict[str, object]:
    """Make a row as a multi-row INSERT takes it."""
    return {
        "id": new_id(),
        "topic": topic,
        "key": key,
        "envelope": envelope,
        "created_at": now,
        "claimed_until": None,
    }
