"""Flash sales: a window of time in which set-aside stock is sold at a price of its own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BY_MIGRATION, MYSQL, Base
from models.stock import DEFAULT_WAREHOUSE
from models.types import MinorUnits, Quantity, code_text, exact_text
from models.waiting_room import WaitingRoom


class FlashSale(Base):
    """Scheduled and running follow from the clock; what people and the workers decided is stored.

    ``closed_at``: sold from no more, by time, early, or (before ``starts_at``) cancelled. ``settled_at``: what was
    unsold is back in ordinary stock. ``version`` counts changes, ``applied_version`` is the last one that Redis is
    known to have. ``allows_codes``: its orders may use discount codes; ``requires_delivery``: they must say where
    they go and how. ``confirmed_email_only``: it sells to nobody whose e-mail address is not confirmed.
    ``group_terms``: models/group_terms.py.
    """

    __tablename__ = "flash_sales"
    __table_args__ = (
        Index("ix_flash_sales_settled_ends", "settled_at", "ends_at"),
        Index("ix_flash_sales_starts_at_id", "starts_at", "id"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    paused: Mapped[bool] = mapped_column(default=False)
    allows_codes: Mapped[bool] = mapped_column(default=False, info=BY_MIGRATION)
    requires_delivery: Mapped[bool] = mapped_column(default=False, info=BY_MIGRATION)
    confirmed_email_only: Mapped[bool] = mapped_column(default=False, info=BY_MIGRATION)
    group_terms: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    applied_version: Mapped[int] = mapped_column(default=0, server_default="0")
    closed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    items: Mapped[list["FlashSaleItem"]] = relationship(lazy="raise", order_by="FlashSaleItem.id")
    room: Mapped[WaitingRoom | None] = relationship(lazy="raise", viewonly=True)


class FlashSaleItem(Base):
    """``remaining`` is the database's count; Redis counts ahead of it while orders are on their way. Once settled
    it is what was unsold, and stands still. An item that was taken out of its sale has the ``quantity`` 0.
    All its units are set aside in one warehouse, and its orders are shipped from there.

    ``epoch`` counts how often the counters in Redis were rebuilt from here: an order that was reserved in an
    older life of the counters and comes late takes nothing. ``prices``: minor units by currency, of those other
    than ``currency`` in which it may be bought.
    """

    __tablename__ = "flash_sale_items"
    __table_args__ = (
        UniqueConstraint("sale_id", "sku"),
        CheckConstraint("remaining >= 0 AND remaining <= quantity", name="remaining_in_range"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("flash_sales.id"), index=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), index=True)
    sku: Mapped[str] = mapped_column(exact_text(64), index=True)
    warehouse_id: Mapped[UUID] = mapped_column(default=DEFAULT_WAREHOUSE, info=BY_MIGRATION)
    price: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    prices: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))
    quantity: Mapped[int] = mapped_column(Quantity)
    remaining: Mapped[int] = mapped_column(Quantity)
    per_customer_limit: Mapped[int] = mapped_column(Quantity)
    epoch: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None]
