"""Imports and exports that staff start, and workers do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import JobKind, JobState
from models.types import exact_text


class BulkJob(Base):
    """``file_key``: what names its files, and signs links to them. Files are kept in parts, until ``files_until``;
    None when there are none. ``runs``: how often a worker took it; the last one alone may say how it ended.
    ``due_at``: from when on another may take it. ``problems``: the first of ``problem_count``, each a line, a
    column and a message.
    """

    __tablename__ = "bulk_jobs"
    __table_args__ = (
        Index("ix_bulk_jobs_state_due_at", "state", "due_at"),
        Index("ix_bulk_jobs_created_at", "created_at"),
        Index("ix_bulk_jobs_files_until", "files_until"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(String(24))
    state: Mapped[JobState] = mapped_column(String(16))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    file_key: Mapped[str] = mapped_column(exact_text(64))
    parts_in: Mapped[int] = mapped_column(default=0)
    parts_out: Mapped[int] = mapped_column(default=0)
    bytes_out: Mapped[int] = mapped_column(BigInteger, default=0)
    runs: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    report: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))
    problems: Mapped[list[list[Any]] | None] = mapped_column(JSON(none_as_null=True))
    problem_count: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str] = mapped_column(exact_text(64))
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    files_until: Mapped[datetime | None]
