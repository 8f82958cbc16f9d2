"""A user's orders as a connection."""

from uuid import UUID

from models.enums import OrderStatus
from resolvers.order.types import Order, OrderConnection, OrderEdge
from resolvers.shared.context import Info
from resolvers.shared.id_pages import cursors, id_page, page_info
from services.order.list_orders import list_orders

_SORT = "orders"


async def user_orders(
    info: Info,
    customer_id: UUID,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    status: list[OrderStatus] | None,
) -> OrderConnection:
    """Newest first. Errors: BAD_USER_INPUT naming the argument at fault."""
    statuses = None if status is None else tuple(status)
    page = id_page(first, after, last, before, _SORT)
    cut = await list_orders(info.context.infra, customer_id, page, statuses)
    shown = cursors([view.id for view in cut.rows], _SORT)
    edges = [OrderEdge(cursor=c, node=Order.of(view)) for c, view in zip(shown, cut.rows, strict=True)]
    return OrderConnection(
        edges=edges, page_info=page_info(cut, shown), customer_id=customer_id, statuses=statuses
    )
