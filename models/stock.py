"""Stock: a level a SKU and warehouse, and the append-only ledger of everything that changed it.

The equation, true at every commit: ``on_hand = available + set_aside + held + committed``.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BY_MIGRATION, MYSQL, Base
from models.enums import HoldState, StockCause
from models.types import Quantity, exact_text

DEFAULT_WAREHOUSE: Final = UUID(bytes=b"DefaultWarehouse")
"""The one that every shop has: made by a migration, and a constant so that the database can default to it."""

_COUNTS = ("on_hand", "available", "set_aside", "held", "committed")


class Warehouse(Base):
    """Orders and sales take from the active one with the lowest ``priority`` that has enough.

    One that is not ``active`` is empty: it takes nothing in, and has nothing to give.
    """

    __tablename__ = "warehouses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(exact_text(32), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    priority: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class StockLevel(Base):
    """``set_aside`` waits in sales, ``held`` is in unpaid orders, ``committed`` is paid and not shipped.

    ``listed``: the search index was told that there is something to order; where it is not so, it is to be told.

    ``tell_at``: when an event is to tell of it, as something changed it that told nothing itself; ``untold`` is by
    how many units that changed what is on hand, ``last_cause`` why it was changed last. ``told_at``: when such an
    event told of it last.
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        *(CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in _COUNTS),
        CheckConstraint("on_hand = available + set_aside + held + committed", name="equation"),
        Index("ix_stock_levels_listed", "listed", "available", "set_aside"),
        Index("ix_stock_levels_tell_at", "tell_at"),
        MYSQL,
    )

    sku: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    warehouse_id: Mapped[UUID] = mapped_column(
        ForeignKey("warehouses.id"), primary_key=True, index=True, default=DEFAULT_WAREHOUSE, info=BY_MIGRATION
    )
    on_hand: Mapped[int] = mapped_column(Quantity)
    available: Mapped[int] = mapped_column(Quantity)
    set_aside: Mapped[int] = mapped_column(Quantity, default=0)
    held: Mapped[int] = mapped_column(Quantity, default=0)
    committed: Mapped[int] = mapped_column(Quantity, default=0)
    listed: Mapped[bool] = mapped_column(default=False, info=BY_MIGRATION)
    tell_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    untold: Mapped[int] = mapped_column(Quantity, default=0, server_default="0")
    last_cause: Mapped[StockCause | None] = mapped_column(String(16))
    updated_at: Mapped[datetime]


class StockEntry(Base):
    """One change: the deltas, why, by whom, and what it refers to.

    ``reference`` is the order, the sale, the sale's item (repairs) or the operation: a move's two rows have the
    same. ``document`` is the number on somebody's paper, e.g. of a delivery.
    """

    __tablename__ = "stock_ledger"
    __table_args__ = (
        Index("ix_stock_ledger_sku_id", "sku", "id"),
        Index("ix_stock_ledger_cause_id", "cause", "id"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(exact_text(64))
    # No foreign key: it would cost every order a look, and the ledger outlives all else.
    warehouse_id: Mapped[UUID] = mapped_column(default=DEFAULT_WAREHOUSE, info=BY_MIGRATION)
    cause: Mapped[StockCause] = mapped_column(String(16))
    on_hand: Mapped[int] = mapped_column(Quantity, default=0)
    available: Mapped[int] = mapped_column(Quantity, default=0)
    set_aside: Mapped[int] = mapped_column(Quantity, default=0)
    held: Mapped[int] = mapped_column(Quantity, default=0)
    committed: Mapped[int] = mapped_column(Quantity, default=0)
    actor: Mapped[str] = mapped_column(String(64))
    reference: Mapped[UUID | None]
    document: Mapped[str | None] = mapped_column(String(100))
    note: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime]


class StockHold(Base):
    """Units of a SKU that an order of a normal checkout has from a warehouse: a row each.

    Orders of flash sales have none: their units are their lines', in the warehouse of the sale's item.
    """

    __tablename__ = "stock_holds"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_stock_holds_sku_state", "sku", "state"),
        MYSQL,
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    warehouse_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int] = mapped_column(Quantity)
    # Of an order that is shipped in parts; the rest is still there.
    shipped: Mapped[int] = mapped_column(Quantity, default=0, info=BY_MIGRATION)
    state: Mapped[HoldState] = mapped_column(String(16))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class StockThreshold(Base):
    """When a SKU is low: at ``units`` or fewer that customers can order, over all warehouses.

    Whoever changes that number locks this row after the levels, so the last of several sees what all of them did,
    and the crossing is told once. ``is_low`` is what was told last.
    """

    __tablename__ = "stock_thresholds"
    __table_args__ = (CheckConstraint("units >= 0", name="units_not_negative"), MYSQL)

    sku: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    units: Mapped[int] = mapped_column(Quantity)
    is_low: Mapped[bool]
    updated_at: Mapped[datetime]
