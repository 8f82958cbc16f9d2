"""Everyone's orders, for staff, as a keyset page, newest first: those that are in the database."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Order
from models.order_document import OrderView
from services.order.order_filter import OrderFilter, Totals
from services.order.views import ORDER_WITH_LINES_AND_EVENTS, loaded_view
from services.shared.pages import Cut, IdPage, read_count

FEW: Final = 5_000
"""So many orders are counted as they are now."""
_KEPT: Final = 60.0
_COUNT_WITHIN: Final = 30.0


async def search_orders(infra: Infra, wanted: OrderFilter, page: IdPage) -> Cut[OrderView]:
    """Search orders, in three statements, with a range of totals in four. Errors: StoreUnavailable."""
    ids, id_ = wanted.ids()
    if wanted.totals is not None and (few := await _few_by_total(infra, wanted.totals)) is not None:
        ids = ids.where(Order.id.in_(select(few.c.id)))
    found = await _read(infra, page.narrow(ids, id_))
    return page.cut(sorted(found, key=_id_of, reverse=not page.backwards))


async def count_found(infra: Infra, wanted: OrderFilter) -> int:
    """Count them. Of more than ``FEW`` the number may be a minute old: each time it is a look at all of them.

    Errors: StoreUnavailable.
    """
    ids, _ = wanted.ids()
    few = await read_count(infra, select(func.count()).select_from(ids.limit(FEW + 1).subquery()))
    if few <= FEW:
        return few
    return await infra.local.get(("orders found", wanted), _KEPT, lambda: _count_all(infra, ids))


async def _count_all(infra: Infra, ids: Select[UUID]) -> int:
    counted = ids.with_only_columns(func.count(), maintain_column_froms=True)

    async def count(session: AsyncSession) -> int:
        return await session.scalar(counted) or 0

    return await infra.listings.read(count, _COUNT_WITHIN)


async def oldest_after(infra: Infra, wanted: OrderFilter, after: UUID | None, limit: int) -> Sequence[OrderView]:
    """Read the next orders in the order of time, with their lines. Errors: StoreUnavailable."""
    ids, id_ = wanted.ids()
    if after is not None:
        ids = ids.where(id_ > after)
    return sorted(await _read(infra, ids.order_by(id_).limit(limit)), key=_id_of)


async def _read(infra: Infra, ids: Select[UUID]) -> Iterable[OrderView]:
    """Read a page of orders by their ids, which are found first, along one index."""
    found = ids.subquery()
    statement = select(Order).join(found, found.columns[0] == Order.id).options(*ORDER_WITH_LINES_AND_EVENTS)

    async def read(session: AsyncSession) -> list[OrderView]:
        return [loaded_view(order) for order in await session.scalars(statement)]

    return await infra.listings.read(read)


async def _few_by_total(infra: Infra, totals: Totals) -> Subquery | None:
    """Returns the orders with such totals if they are few: to read them and sort is quicker than to walk all
    orders in search of them. Of many, the next ones are never far. None: many, or in their order anyhow."""
    if totals.least == totals.most:
        return None
    ids = totals.narrow(select(Order.id)).limit(FEW + 1)
    if await read_count(infra, select(func.count()).select_from(ids.subquery())) > FEW:
        return None
    return ids.subquery()


def _id_of(order: OrderView) -> UUID:
    return order.id
