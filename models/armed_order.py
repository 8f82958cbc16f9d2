"""Flash orders that customers have armed before the sale: what one press will order, and how it is paid."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import ArmedState
from models.types import exact_text


class ArmedOrder(Base):
    """``quote``: the parts of the quote that the press honours. ``set_up`` is the provider's own id of the set-up,
    ``method`` what it charges later. ``order_id``: the order it has become; ``due_at``: when that is charged;
    ``forget_at``: when the set-up is taken off the provider, which needs it no more.
    """

    __tablename__ = "armed_orders"
    __table_args__ = (
        UniqueConstraint("order_id"),
        Index("ix_armed_orders_set_up", "set_up"),
        Index("ix_armed_orders_customer_id_id", "customer_id", "id"),
        Index("ix_armed_orders_state_due", "state", "due_at"),
        Index("ix_armed_orders_expires_at", "expires_at"),
        Index("ix_armed_orders_forget_at", "forget_at"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    state: Mapped[ArmedState] = mapped_column(String(16))
    quote: Mapped[list[Any]] = mapped_column(JSON)
    provider: Mapped[str] = mapped_column(exact_text(32))
    set_up: Mapped[str | None] = mapped_column(exact_text(100))
    method: Mapped[str | None] = mapped_column(exact_text(200))
    redirect_url: Mapped[str | None] = mapped_column(String(2000))
    return_url: Mapped[str] = mapped_column(String(2000))
    order_id: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    forget_at: Mapped[datetime | None]
    forget_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
