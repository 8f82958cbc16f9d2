"""Orders as a connection."""

from uuid import UUID

import strawberry

from models.enums import OrderStatus
from resolvers.order.types import Order
from resolvers.shared.context import Info
from resolvers.shared.relay import Counted, Edge, Page, count_of
from services.order.list_orders import count_orders, list_orders

_SORT = "orders"


@strawberry.type
class OrderEdge(Edge[Order]): ...


@strawberry.type
class OrderConnection(Counted[OrderEdge]):
    total_count = count_of("orders")


async def user_orders(
    info: Info, customer_id: UUID, page: Page, status: list[OrderStatus] | None
) -> OrderConnection:
    """List a user's orders, newest first. Errors: BAD_USER_INPUT naming the argument at fault."""
    infra = info.context.infra
    statuses = None if status is None else tuple(status)
    cut = await list_orders(infra, customer_id, page.by_id(_SORT), statuses)
    return OrderConnection.of(OrderEdge, cut, _SORT, Order.of, lambda: count_orders(infra, customer_id, statuses))
