"""A page read along the index of a list's order: whatever the list's size, its cost is that of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import FromClause, Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.rows import LISTINGS
from services.finding import rules
from services.finding.find_narrowest import Narrowest
from services.finding.product_page import Key, Page, ProductSort
from services.finding.rows import Column, Condition, along, beyond, has_words, is_one_of, price_between, rest_of
from services.finding.wanted import Lists, Wanted

_INDEX: Final = {
    ProductSort.NEWEST: "ix_product_listings_newest",
    ProductSort.TITLE: "ix_product_listings_title",
    ProductSort.PRICE_ASC: "ix_product_listings_price",
    ProductSort.PRICE_DESC: "ix_product_listings_price",
}


@dataclass(frozen=True, slots=True)
class Order:
    """Columns with the id last, all of them in one direction."""

    names: tuple[str, ...]
    upwards: bool

    def of(self, row: FromClause) -> list[Column]:
        return [row.c[name] for name in self.names]

    def sorted(self, row: FromClause, page: Page) -> list[Column]:
        return [column.asc() if self.upwards != page.backwards else column.desc() for column in self.of(row)]

    def within(self, row: FromClause, page: Page) -> list[Condition]:
        found: list[Condition] = []
        if page.after is not None:
            found += beyond(self.of(row), page.after, upwards=self.upwards)
        if page.before is not None:
            found += beyond(self.of(row), page.before, upwards=not self.upwards)
        return found


ORDERS: Final = {
    ProductSort.NEWEST: Order(("product_id",), upwards=False),
    ProductSort.TITLE: Order(("title_key", "product_id"), upwards=True),
    ProductSort.PRICE_ASC: Order(("min_amount", "product_id"), upwards=True),
    ProductSort.PRICE_DESC: Order(("min_amount", "product_id"), upwards=False),
}


async def walk(
    session: AsyncSession, wanted: Wanted, narrowest: Narrowest, page: Page, sort: ProductSort
) -> Sequence[Key]:
    """Walk along an index, in one statement.

    Up to one key more than the page's limit, in the direction of the page.
    """
    order = ORDERS[sort]
    lists = narrowest.lists
    if len(lists) <= rules.MOST_STREAMS:
        streams = [_stream(wanted, frozenset([one]), page, sort, of=lists) for one in sorted(lists)]
    elif narrowest.lists_count <= rules.FEW:
        streams = [_stream(wanted, lists, page, sort, of=lists)]
    else:
        streams = [_stream(wanted, frozenset([one]), page, sort, of=None) for one in sorted(wanted.everything)]
    rows = await session.execute(_merged(streams, order, page))
    return [tuple(row) for row in rows]


def _stream(wanted: Wanted, lists: Lists, page: Page, sort: ProductSort, *, of: Lists | None) -> Select[Any]:
    row, order = LISTINGS.alias(), ORDERS[sort]
    where = [is_one_of(row.c.list_id, lists)]
    where += order.within(row, page) + price_between(wanted, row)
    where += rest_of(wanted, row.c.product_id, but=of)
    where += has_words(wanted.words or (), wanted, row.c.product_id)
    found = select(*order.of(row)).where(*where).order_by(*order.sorted(row, page)).limit(page.limit + 1)
    return found.distinct() if len(lists) > 1 else along(found, row, _INDEX[sort])


def _merged(streams: Sequence[Select[Any]], order: Order, page: Page) -> Select[Any]:
    """A product may be in several of the lists: there with the same key."""
    if len(streams) == 1:
        return streams[0]
    all_of_them = union_all(*(select(stream.subquery()) for stream in streams)).subquery()
    merged = select(*order.of(all_of_them)).distinct()
    return merged.order_by(*order.sorted(all_of_them, page)).limit(page.limit + 1)
