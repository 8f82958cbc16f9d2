"""Discount codes, and the orders that use them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import DiscountKind, DiscountUseState
from models.types import MinorUnits, Quantity, code_text, exact_text


class DiscountCode(Base):
    """Its terms never change; it can be disabled. ``rate`` is in millionths, ``amount`` in minor units.

    ``used`` counts the uses that are HELD or COMMITTED; who changes it has the row locked.
    """

    __tablename__ = "discount_codes"
    __table_args__ = (
        CheckConstraint("used >= 0", name="used_not_negative"),
        CheckConstraint("max_uses IS NULL OR used <= max_uses", name="within_limit"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(exact_text(40), unique=True)
    kind: Mapped[DiscountKind] = mapped_column(String(16))
    rate: Mapped[int]
    amount: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str | None] = mapped_column(code_text(3))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    max_uses: Mapped[int | None] = mapped_column(Quantity)
    max_uses_per_customer: Mapped[int | None] = mapped_column(Quantity)
    used: Mapped[int] = mapped_column(Quantity)
    disabled_at: Mapped[datetime | None]
    actor: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class FlashCodeHold(Base):
    """A use that a quote of a flash order holds, by its id as ``DiscountUse.order_id``, until an order adopts it.

    A customer has one of a code at most. ``sku`` and ``item_id`` are of the order's first line.
    """

    __tablename__ = "flash_code_holds"
    __table_args__ = (
        UniqueConstraint("customer_id", "code_id"),
        Index("ix_flash_code_holds_expires_at", "expires_at"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    sku: Mapped[str] = mapped_column(exact_text(64))
    item_id: Mapped[UUID]
    expires_at: Mapped[datetime]


class DiscountUse(Base):
    """An order's use of a code: held with its stock, committed when it is paid, released when it is closed.
    ``customer_id`` is the order's buyer.
    """

    __tablename__ = "discount_uses"
    __table_args__ = (Index("ix_discount_uses_code_id_customer_id", "code_id", "customer_id"), MYSQL)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    code_id: Mapped[UUID] = mapped_column(ForeignKey("discount_codes.id"))
    customer_id: Mapped[UUID]
    state: Mapped[DiscountUseState] = mapped_column(String(16))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
