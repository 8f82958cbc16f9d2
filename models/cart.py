"""Carts, as they were last written behind Redis (services/cart)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.told_later import ToldLater
from models.types import MinorUnits, Quantity, code_text, exact_text


class Cart(ToldLater, Base):
    """A customer's cart has the customer's id. A guest's has ``token_hash``, the SHA-256 of its token, and
    ``expires_at``.

    ``version`` counts the changes. ``life`` names the copy in Redis that this was written from: a copy that was
    made from an older state of this row must not be written over a newer one.
    """

    __tablename__ = "carts"
    __table_args__ = (Index("ix_carts_expires_at_id", "expires_at", "id"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(exact_text(64))
    currency: Mapped[str | None] = mapped_column(code_text(3))
    version: Mapped[int]
    life: Mapped[str] = mapped_column(exact_text(16))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class CartItem(Base):
    """``price`` (minor units of the cart's currency), ``sku`` and ``title`` are as they were when it was added."""

    __tablename__ = "cart_items"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id"), index=True)
    variant_id: Mapped[UUID]
    sku: Mapped[str] = mapped_column(exact_text(64))
    title: Mapped[str] = mapped_column(String(511))
    quantity: Mapped[int] = mapped_column(Quantity)
    selected: Mapped[bool]
    price: Mapped[int] = mapped_column(MinorUnits)
    added_at: Mapped[datetime]
