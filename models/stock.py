"""Stock: a level a SKU, and the append-only ledger of everything that changed it.

The equation, true at every commit: ``on_hand = available + set_aside + held + committed``.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import StockCause
from models.types import Quantity, exact_text

_COUNTS = ("on_hand", "available", "set_aside", "held", "committed")


class StockLevel(Base):
    """``set_aside`` waits in sales, ``held`` is in unpaid orders, ``committed`` is paid and not shipped."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        *(CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in _COUNTS),
        CheckConstraint("on_hand = available + set_aside + held + committed", name="equation"),
        MYSQL,
    )

    sku: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    on_hand: Mapped[int] = mapped_column(Quantity)
    available: Mapped[int] = mapped_column(Quantity)
    set_aside: Mapped[int] = mapped_column(Quantity, default=0)
    held: Mapped[int] = mapped_column(Quantity, default=0)
    committed: Mapped[int] = mapped_column(Quantity, default=0)
    updated_at: Mapped[datetime]


class StockEntry(Base):
    """One change: the deltas, why, by whom, and what it refers to (an order, a sale)."""

    __tablename__ = "stock_ledger"
    __table_args__ = (Index("ix_stock_ledger_sku_id", "sku", "id"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(exact_text(64))
    cause: Mapped[StockCause] = mapped_column(String(16))
    on_hand: Mapped[int] = mapped_column(Quantity, default=0)
    available: Mapped[int] = mapped_column(Quantity, default=0)
    set_aside: Mapped[int] = mapped_column(Quantity, default=0)
    held: Mapped[int] = mapped_column(Quantity, default=0)
    committed: Mapped[int] = mapped_column(Quantity, default=0)
    actor: Mapped[str] = mapped_column(String(64))
    reference: Mapped[UUID | None]
    note: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime]
