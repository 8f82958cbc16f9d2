"""Orders as a connection."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import strawberry

from models.enums import OrderStatus
from models.order_document import OrderView
from resolvers.order.types import Order
from resolvers.shared.connection import PageInfo
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shared.id_pages import cursors, id_page, page_info
from services.order.list_orders import count_orders, list_orders
from services.shared.pages import Cut

_SORT = "orders"


@strawberry.type
class OrderEdge:
    cursor: str
    node: Order


@strawberry.type
class OrderConnection:
    edges: list[OrderEdge]
    page_info: PageInfo
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @classmethod
    def of(cls, cut: Cut[OrderView], sort: str, count: Callable[[], Awaitable[int]]) -> "OrderConnection":
        """Make a connection; ``sort`` names the list in its cursors."""
        shown = cursors([view.id for view in cut.rows], sort)
        edges = [OrderEdge(cursor=c, node=Order.of(view)) for c, view in zip(shown, cut.rows, strict=True)]
        return cls(edges=edges, page_info=page_info(cut, shown), count=count)

    @field(description="All orders that match, on whatever page; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()


async def user_orders(
    info: Info,
    customer_id: UUID,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    status: list[OrderStatus] | None,
) -> OrderConnection:
    """List a user's orders, newest first. Errors: BAD_USER_INPUT naming the argument at fault."""
    infra = info.context.infra
    statuses = None if status is None else tuple(status)
    cut = await list_orders(infra, customer_id, id_page(first, after, last, before, _SORT), statuses)
    return OrderConnection.of(cut, _SORT, lambda: count_orders(infra, customer_id, statuses))
