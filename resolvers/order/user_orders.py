"""A user's orders as a connection."""

from uuid import UUID

from models.enums import OrderStatus
from resolvers.order.types import Order, OrderConnection, OrderEdge
from resolvers.shared.connection import PageInfo, encode_cursor, page_arguments
from resolvers.shared.context import Info
from services.order.list_orders import OrderPage, list_orders

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
    page = page_arguments(first, after, last, before, sort=_SORT, kinds=(UUID,))
    statuses = None if status is None else tuple(status)
    wanted = OrderPage(page.limit + 1, _key(page.after), _key(page.before), page.backwards, statuses)
    found = await list_orders(info.context.infra, customer_id, wanted)
    more = len(found) > page.limit
    shown = found[len(found) - page.limit :] if page.backwards and more else found[: page.limit]
    edges = [OrderEdge(cursor=encode_cursor(_SORT, view.id), node=Order.of(view)) for view in shown]
    return OrderConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.before is not None if page.backwards else more,
            has_previous_page=more if page.backwards else page.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        customer_id=customer_id,
        statuses=statuses,
    )


def _key(values: tuple[object, ...] | None) -> UUID | None:
    if values is None:
        return None
    [key] = values
    assert isinstance(key, UUID)
    return key
