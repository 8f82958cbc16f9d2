"""Drafts of orders, made by staff."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.types import MinorUnits, code_text


class DraftOrder(Base):
    """What an order is to be, at prices that stand; it holds nothing. ``data`` as ``DraftDoc`` has it.

    ``order_id`` is the order that was made of it: from then on it is not changed any more.
    """

    __tablename__ = "draft_orders"
    __table_args__ = (
        Index("ix_draft_orders_order_id_id", "order_id", "id"),
        Index("ix_draft_orders_customer_id_id", "customer_id", "id"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(code_text(3))
    total: Mapped[int] = mapped_column(MinorUnits)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    order_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
