"""Rows of a batch, as plain values: one multi-row INSERT a table is many times faster than objects one by one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.ids import new_id, spoken_number
from models import Base, Order, OrderEvent, OrderLine, OrderStatus, StockCause, StockEntry
from models.order_document import OrderSnapshot
from services.order.views import line_id
from services.stock.counts import Counts
from services.stock.levels import Origin, ledger_row

Rows = list[tuple[type[Base], list[dict[str, Any]]]]
"""A table and its rows, in the order that foreign keys ask for."""

PIPELINE = "pipeline"
SHORT_NOTE = "There was less stock than the counters said."
REUSED_NOTE = "Its idempotency key had made another order."


def of_orders(
    orders: Sequence[OrderSnapshot], status: OrderStatus, now: datetime, note: str | None = None
) -> Rows:
    """The orders, their lines and the event of their first state."""
    return [
        (Order, [_order(order, status, now) for order in orders]),
        (OrderLine, [row for order in orders for row in _lines(order)]),
        (OrderEvent, [_event(order, status, now, note) for order in orders]),
    ]


def of_holds(orders: Sequence[OrderSnapshot], warehouses: Mapping[UUID, UUID], now: datetime) -> Rows:
    """The stock ledger's rows for units that go from set aside to held; ``warehouses`` by sale's item."""
    ledger: list[dict[str, Any]] = []
    for order in orders:
        origin = Origin(StockCause.HELD, PIPELINE, order.id)
        for line in order.lines:
            assert line.flash_sale_item_id is not None
            place = line.sku, warehouses[line.flash_sale_item_id]
            deltas = Counts(set_aside=-line.quantity, held=line.quantity)
            ledger.append(ledger_row(place, deltas, origin, now))
    return [(StockEntry, ledger)]


def _order(order: OrderSnapshot, status: OrderStatus, now: datetime) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": spoken_number(order.id),
        "customer_id": order.customer_id,
        "traceparent": order.traceparent,
        "status": status,
        "total": order.total,
        "currency": order.currency,
        "idempotency_key": order.idempotency_key,
        "fingerprint": order.fingerprint,
        "shipping_address": order.shipping_address.to_json() if order.shipping_address else None,
        "charges": order.charges.to_json() if order.charges else None,
        "placed_at": order.placed_at,
        "expires_at": order.expires_at if status == OrderStatus.AWAITING_PAYMENT else None,
        "updated_at": now,
    }


def _lines(order: OrderSnapshot) -> list[dict[str, Any]]:
    return [
        {
            "id": line_id(order.id, position),
            "order_id": order.id,
            "position": position,
            "sku": line.sku,
            "variant_id": line.variant_id,
            "flash_sale_item_id": line.flash_sale_item_id,
            "title": line.title,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
        }
        for position, line in enumerate(order.lines)
    ]


def _event(order: OrderSnapshot, status: OrderStatus, now: datetime, note: str | None) -> dict[str, Any]:
    return {"id": new_id(), "order_id": order.id, "status": status, "actor": PIPELINE, "note": note, "at": now}
