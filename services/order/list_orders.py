"""A customer's orders as a keyset page, newest first, those on their way to the database among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from infra.runtime import Infra
from models import Order, OrderStatus
from models.order_document import OrderSnapshot, OrderView
from services.order.find_orders import find_accepted
from services.order.views import accepted_view, persisted_view


@dataclass(frozen=True, slots=True)
class OrderPage:
    """``limit`` orders between two ids, from the newest on, or from the oldest when ``backward``."""

    limit: int
    after: UUID | None = None
    before: UUID | None = None
    backward: bool = False
    statuses: tuple[OrderStatus, ...] | None = None


async def list_orders(infra: Infra, customer_id: UUID, page: OrderPage) -> list[OrderView]:
    """Newest first, also when read backward. Errors: StoreUnavailable."""
    # Redis before the database: an order that moves between the two looks is seen by the second.
    waiting = await _waiting(infra, customer_id, page.statuses)
    statement = _narrow(select(Order).where(Order.customer_id == customer_id), page)
    statement = statement.options(selectinload(Order.lines), selectinload(Order.events))
    async with infra.database.read() as session:
        found = {order.id: persisted_view(order) for order in await session.scalars(statement)}
        known = await _persisted(session, waiting)
    for order in waiting:
        if order.id not in known and _within(order.id, page):
            found[order.id] = accepted_view(order)
    newest_first = sorted(found.values(), key=lambda view: view.id, reverse=True)
    return newest_first[-page.limit :] if page.backward else newest_first[: page.limit]


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
    """Those that have reached the database meanwhile; mostly none are waiting, and nothing is asked."""
    if not waiting:
        return set()
    return set(await session.scalars(select(Order.id).where(Order.id.in_([order.id for order in waiting]))))


def _narrow(statement: "Select[Order]", page: OrderPage) -> "Select[Order]":
    if page.statuses is not None:
        statement = statement.where(Order.status.in_(page.statuses))
    if page.after is not None:
        statement = statement.where(Order.id < page.after)
    if page.before is not None:
        statement = statement.where(Order.id > page.before)
    order = Order.id.asc() if page.backward else Order.id.desc()
    return statement.order_by(order).limit(page.limit)


def _within(order_id: UUID, page: OrderPage) -> bool:
    return (page.after is None or order_id < page.after) and (page.before is None or order_id > page.before)
