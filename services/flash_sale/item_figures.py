"""What items of sales have sold, from the orders in the database. For staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Order, OrderLine, OrderStatus

_PAID: Final = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """Units; ``revenue`` in minor units of the item's currency."""

    awaiting_payment: int = 0
    paid: int = 0
    revenue: int = 0


async def item_figures(infra: Infra, item_ids: Sequence[UUID]) -> dict[UUID, ItemFigures]:
    """Returns figures by item, of those with orders, in one statement. Errors: StoreUnavailable."""
    units, amount = func.sum(OrderLine.kept), func.sum(OrderLine.kept * OrderLine.unit_price)
    by = (OrderLine.flash_sale_item_id, Order.status)
    statement = (
        select(*by, units, amount)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.flash_sale_item_id.in_(item_ids), Order.status.in_((OrderStatus.AWAITING_PAYMENT, *_PAID))
        )
        .group_by(*by)
    )
    found: dict[UUID | None, ItemFigures] = {}
    async with infra.database.read() as session:
        for item_id, status, count, total in await session.execute(statement):
            known = found.get(item_id, ItemFigures())
            if status in _PAID:
                paid, revenue = known.paid + int(count), known.revenue + int(total)
                found[item_id] = ItemFigures(known.awaiting_payment, paid, revenue)
            else:
                found[item_id] = ItemFigures(int(count), known.paid, known.revenue)
    return {item_id: figures for item_id, figures in found.items() if item_id is not None}
