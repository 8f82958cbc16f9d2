"""Everyone's orders, for staff, as a keyset page, newest first: those that are in the database."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Order
from models.order_document import OrderView
from services.order.order_filter import OrderFilter
from services.order.views import ORDER_WITH_LINES_AND_EVENTS, persisted_view
from services.shared.pages import Cut, IdPage, read_count


async def search_orders(infra: Infra, wanted: OrderFilter, page: IdPage) -> Cut[OrderView]:
    """Search orders, in three statements. Errors: StoreUnavailable."""
    statement = page.narrow(wanted.narrow(select(Order)), Order.id).options(*ORDER_WITH_LINES_AND_EVENTS)
    async with infra.database.read() as session:
        return page.cut([persisted_view(order) for order in await session.scalars(statement)])


async def count_found(infra: Infra, wanted: OrderFilter) -> int:
    """Errors: StoreUnavailable."""
    return await read_count(infra, wanted.narrow(select(func.count()).select_from(Order)))


async def oldest_after(infra: Infra, wanted: OrderFilter, after: UUID | None, limit: int) -> Sequence[OrderView]:
    """Read the next orders in the order of time, with their lines. Errors: StoreUnavailable."""
    statement = wanted.narrow(select(Order)).options(*ORDER_WITH_LINES_AND_EVENTS)
    if after is not None:
        statement = statement.where(Order.id > after)
    async with infra.database.read() as session:
        rows = await session.scalars(statement.order_by(Order.id).limit(limit))
        return [persisted_view(order) for order in rows]
