"""From a snapshot or from rows to what readers see."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import selectinload

from infra.ids import spoken_number
from models import Order, OrderEvent, OrderLine, OrderStatus
from models.address_document import AddressDoc
from models.charges_document import Charges
from models.order_document import EventView, LineView, OrderSnapshot, OrderView
from services.order.rules import cancelled_units


def line_id(order_id: UUID, position: int) -> UUID:
    """Returns a line's id, which follows from its order's, so it is the same before and after the order is
    persisted."""
    return UUID(int=order_id.int ^ (position + 1))


def accepted_view(order: OrderSnapshot) -> OrderView:
    """Show an order on its way to the database."""
    return OrderView(
        id=order.id,
        number=spoken_number(order.id),
        customer_id=order.customer_id,
        status=OrderStatus.ACCEPTED,
        currency=order.currency,
        total=order.total,
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        lines=tuple(
            LineView(line_id(order.id, i), line.sku, line.variant_id, line.title, line.quantity, line.unit_price)
            for i, line in enumerate(order.lines)
        ),
        history=(_accepted(order),),
        shipping_address=order.shipping_address,
        charges=order.charges,
    )


ORDER_WITH_LINES_AND_EVENTS = (selectinload(Order.lines), selectinload(Order.events))
"""What ``loaded_view`` needs: two statements."""


def loaded_view(order: Order) -> OrderView:
    """Show an order that is loaded ``ORDER_WITH_LINES_AND_EVENTS``."""
    return persisted_view(order, order.lines, order.events)


def persisted_view(
    order: Order | Row[Any], lines: Sequence[OrderLine | Row[Any]], events: Sequence[OrderEvent | Row[Any]]
) -> OrderView:
    """Show an order from its rows, in their order."""
    return OrderView(
        id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        status=OrderStatus(order.status),
        currency=order.currency,
        total=order.total,
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        lines=tuple(
            LineView(
                line.id,
                line.sku,
                line.variant_id,
                line.title,
                line.quantity,
                line.unit_price,
                line.shipped,
                cancelled_units(OrderStatus(order.status), line.quantity, line.shipped, line.cancelled),
                line.returned,
            )
            for line in lines
        ),
        history=(
            _accepted(order),
            *map(_event, events),
        ),
        shipping_address=AddressDoc.from_json(order.shipping_address) if order.shipping_address else None,
        charges=Charges.from_json(order.charges) if order.charges else None,
        version=order.version,
        meta=order.meta or {},
    )


def _event(event: OrderEvent | Row[Any]) -> EventView:
    status, totals = OrderStatus(event.status), (event.total_before, event.total_after)
    return EventView(event.at, status, event.note, event.actor, event.internal, *totals)


def _accepted(order: Order | Row[Any] | OrderSnapshot) -> EventView:
    return EventView(order.placed_at, OrderStatus.ACCEPTED, None, f"user:{order.customer_id.hex}")
