"""Orders, their lines and their history. No foreign key leaves the area: orders can be sharded by customer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BY_MIGRATION, MYSQL, Base
from models.enums import OrderStatus
from models.types import MinorUnits, Quantity, code_text, exact_text


class Order(Base):
    """``fingerprint`` is the hash of the input that ``idempotency_key`` stands for.

    A key is a customer's for two days, not for ever, so it is no unique constraint: the reservation and the
    persisting worker see to it.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_customer_id_key", "customer_id", "idempotency_key"),
        Index("ix_orders_status_expires", "status", "expires_at"),
        Index("ix_orders_customer_id_id", "customer_id", "id"),
        Index("ix_orders_status_id", "status", "id"),
        Index("ix_orders_currency_total_id", "currency", "total", "id"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(exact_text(20), index=True)
    customer_id: Mapped[UUID]
    # Whose units are counted for what one person may buy, where that is not the customer.
    buyer_id: Mapped[UUID | None] = mapped_column(index=True)
    status: Mapped[OrderStatus] = mapped_column(String(16))
    total: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    idempotency_key: Mapped[str] = mapped_column(exact_text(128))
    fingerprint: Mapped[str] = mapped_column(exact_text(64))
    # The address as it was when the order was placed: what becomes of it later changes nothing here.
    shipping_address: Mapped[dict[str, str | bool | None] | None] = mapped_column(JSON(none_as_null=True))
    # Counts what staff change of it while it is not paid.
    version: Mapped[int] = mapped_column(default=1, info=BY_MIGRATION)
    # What is in the total besides the lines; none for a flash order of a shop that charges nothing else.
    charges: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # W3C trace context of the request that placed it, where traces are sent.
    traceparent: Mapped[str | None] = mapped_column(String(55))
    # Metadata: values by the hex of their definitions' ids.
    meta: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    placed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    lines: Mapped[list["OrderLine"]] = relationship(lazy="raise", order_by="OrderLine.position")
    events: Mapped[list["OrderEvent"]] = relationship(lazy="raise", order_by="OrderEvent.id")


BUYER = func.coalesce(Order.buyer_id, Order.customer_id)
"""The person whose units an order's are counted among."""


class OrderLink(Base):
    """A secret link to one order, for a guest without a session; only its SHA-256 is kept."""

    __tablename__ = "order_links"

    token_hash: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OrderLine(Base):
    """What was bought, as it was called and priced at that moment.

    ``cancelled`` units were paid for and taken off by line: their stock and money went back then. ``returned``
    units were sent, and their money was given back by line. ``shipped + cancelled <= quantity``, ``returned <=
    shipped``.
    """

    __tablename__ = "order_lines"
    __table_args__ = (Index("ix_order_lines_sku_order_id", "sku", "order_id"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(exact_text(64))
    variant_id: Mapped[UUID]
    flash_sale_item_id: Mapped[UUID | None] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(String(512))
    quantity: Mapped[int] = mapped_column(Quantity)
    unit_price: Mapped[int] = mapped_column(MinorUnits)
    shipped: Mapped[int] = mapped_column(Quantity, default=0, info=BY_MIGRATION)
    cancelled: Mapped[int] = mapped_column(Quantity, default=0, info=BY_MIGRATION)
    returned: Mapped[int] = mapped_column(Quantity, default=0, info=BY_MIGRATION)

    @hybrid_property
    def kept(self) -> int:
        """Units that were not cancelled by line: of a sale, those that its item has sold by this."""
        return self.quantity - self.cancelled

    @hybrid_property
    def unsent(self) -> int:
        return self.quantity - self.cancelled - self.shipped


class OrderEvent(Base):
    """One change of an order's state, or a note in that state; ``internal`` ones are for staff only.

    The totals are those of a change of what was ordered.
    """

    __tablename__ = "order_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    status: Mapped[OrderStatus] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime]
    internal: Mapped[bool] = mapped_column(default=False, info=BY_MIGRATION)
    total_before: Mapped[int | None] = mapped_column(MinorUnits)
    total_after: Mapped[int | None] = mapped_column(MinorUnits)


class Shipment(Base):
    """A parcel of an order: some of its units, or all."""

    __tablename__ = "shipments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(100))
    tracking_number: Mapped[str | None] = mapped_column(exact_text(100))
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    lines: Mapped[list["ShipmentLine"]] = relationship(lazy="raise")


class ShipmentLine(Base):
    """How many units of an order's line are in a parcel."""

    __tablename__ = "shipment_lines"

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int] = mapped_column(Quantity)


class OrderTag(Base):
    """A word that staff put on an order to find it by; its orders are read in their order."""

    __tablename__ = "order_tags"

    tag: Mapped[str] = mapped_column(exact_text(40), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True, index=True)
