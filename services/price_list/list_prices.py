"""List the prices of a price list, for staff."""

from uuid import UUID

from sqlalchemy import func, select, tuple_

from infra.runtime import Infra
from models import ListedPrice
from services.shared.pages import Cut, KeyPage, read_count

Key = tuple[UUID, str]
"""Variant and currency."""


async def list_prices(infra: Infra, list_id: UUID, page: KeyPage[Key]) -> Cut[ListedPrice]:
    """Returns a page of prices, those of the oldest variant first; one statement. Errors: StoreUnavailable."""
    columns = (ListedPrice.variant_id, ListedPrice.currency)
    wanted = select(ListedPrice).where(ListedPrice.price_list_id == list_id)
    if page.after is not None:
        wanted = wanted.where(tuple_(*columns) > page.after)
    if page.before is not None:
        wanted = wanted.where(tuple_(*columns) < page.before)
    order = [column.desc() if page.backwards else column.asc() for column in columns]
    async with infra.database.read() as session:
        return page.cut((await session.scalars(wanted.order_by(*order).limit(page.limit + 1))).all())


async def count_prices(infra: Infra, list_id: UUID) -> int:
    """Errors: StoreUnavailable."""
    wanted = select(func.count()).select_from(ListedPrice).where(ListedPrice.price_list_id == list_id)
    return await read_count(infra, wanted)
