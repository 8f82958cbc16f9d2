"""A customer's orders as a keyset page, newest first, those on their way to the database among them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Order, OrderStatus
from models.order_document import OrderSnapshot, OrderView
from services.order.find_orders import find_accepted
from services.order.views import ORDER_WITH_LINES_AND_EVENTS, accepted_view, loaded_view
from services.shared.pages import Cut, IdPage


async def list_orders(
    infra: Infra, customer_id: UUID, page: IdPage, statuses: tuple[OrderStatus, ...] | None = None
) -> Cut[OrderView]:
    """Errors: StoreUnavailable."""
    # Redis before the database: an order that moves between the two looks is seen by the second.
    waiting = await _waiting(infra, customer_id, statuses)
    statement = select(Order).where(Order.customer_id == customer_id)
    if statuses is not None:
        statement = statement.where(Order.status.in_(statuses))
    statement = statement.options(*ORDER_WITH_LINES_AND_EVENTS)
    async with infra.database.read() as session:
        rows = await session.scalars(page.narrow(statement, Order.id))
        found = {order.id: loaded_view(order) for order in rows}
        known = await _persisted(session, waiting)
    for order in waiting:
        if order.id not in known and page.holds(order.id):
            found[order.id] = accepted_view(order)
    ordered = sorted(found.values(), key=lambda view: view.id, reverse=not page.backwards)
    return page.cut(ordered[: page.limit + 1])


async def count_orders(infra: Infra, customer_id: UUID, statuses: tuple[OrderStatus, ...] | None) -> int:
    """Errors: StoreUnavailable."""
    waiting = await _waiting(infra, customer_id, statuses)
    statement = select(func.count()).select_from(Order).where(Order.customer_id == customer_id)
    if statuses is not None:
        statement = statement.where(Order.status.in_(statuses))
    async with infra.database.read() as session:
        count = await session.scalar(statement)
        return (count or 0) + len(waiting) - len(await _persisted(session, waiting))


async def _waiting(infra: Infra, customer_id: UUID, statuses: Sequence[OrderStatus] | None) -> list[OrderSnapshot]:
    if statuses is not None and OrderStatus.ACCEPTED not in statuses:
        return []
    return await find_accepted(infra, customer_id)


async def _persisted(session: AsyncSession, waiting: Sequence[OrderSnapshot]) -> set[UUID]:
    """Find those that have reached the database meanwhile; mostly none are waiting, and nothing is asked."""
    if not waiting:
        return set()
    return set(await session.scalars(select(Order.id).where(Order.id.in_([order.id for order in waiting]))))
