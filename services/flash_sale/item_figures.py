"""What items of sales have sold, from the orders in the database. For staff."""

from collections import Counter, defaultdict
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
    """Units; ``revenues`` in minor units by currency."""

    awaiting_payment: int = 0
    paid: int = 0
    revenues: tuple[tuple[str, int], ...] = ()


async def item_figures(infra: Infra, item_ids: Sequence[UUID]) -> dict[UUID, ItemFigures]:
    """Returns figures by item, of those with orders, in one statement. Errors: StoreUnavailable."""
    units, amount = func.sum(OrderLine.kept), func.sum(OrderLine.kept * OrderLine.unit_price)
    by = (OrderLine.flash_sale_item_id, Order.status, Order.currency)
    statement = (
        select(*by, units, amount)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.flash_sale_item_id.in_(item_ids), Order.status.in_((OrderStatus.AWAITING_PAYMENT, *_PAID))
        )
        .group_by(*by)
    )
    waiting, paid = Counter[UUID | None](), Counter[UUID | None]()
    revenues: defaultdict[UUID | None, Counter[str]] = defaultdict(Counter)
    async with infra.database.read() as session:
        for item_id, status, currency, count, total in await session.execute(statement):
            if status in _PAID:
                paid[item_id] += int(count)
                revenues[item_id][currency] += int(total)
            else:
                waiting[item_id] += int(count)
    return {
        item_id: ItemFigures(waiting[item_id], paid[item_id], tuple(sorted(revenues[item_id].items())))
        for item_id in item_ids
        if waiting[item_id] or paid[item_id]
    }
