"""Sagas: work in several transactions, each with one that undoes it (services/saga)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import SagaState
from models.types import exact_text


class Saga(Base):
    """How far a saga is. ``step`` counts the steps that are done, or that are still to be undone.

    ``claim`` is what nobody else may work on meanwhile (a cart), ``mark`` what may be done once for all time (a
    version of a cart); a saga that was undone gives both back. ``data`` is what the steps need, empty at the end.
    From ``resume_at`` on another process may go on with it.
    """

    __tablename__ = "sagas"
    __table_args__ = (Index("ix_sagas_state_updated_at", "state", "updated_at"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(exact_text(32))
    owner_id: Mapped[UUID]
    claim: Mapped[UUID | None] = mapped_column(unique=True)
    mark: Mapped[str | None] = mapped_column(exact_text(64), unique=True)
    state: Mapped[SagaState] = mapped_column(String(16))
    step: Mapped[int]
    attempts: Mapped[int]
    failure: Mapped[str | None] = mapped_column(String(500))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    resume_at: Mapped[datetime | None] = mapped_column(index=True)
