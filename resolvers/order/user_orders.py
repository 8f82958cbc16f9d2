"""A user's orders as a connection."""

from uuid import UUID

from models.enums import OrderStatus
from resolvers.order.types import OrderConnection
from resolvers.shared.context import Info
from resolvers.shared.id_pages import id_page
from services.order.list_orders import count_orders, list_orders

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
    infra = info.context.infra
    statuses = None if status is None else tuple(status)
    cut = await list_orders(infra, customer_id, id_page(first, after, last, before, _SORT), statuses)
    return OrderConnection.of(cut, _SORT, lambda: count_orders(infra, customer_id, statuses))
