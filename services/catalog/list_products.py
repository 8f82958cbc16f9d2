"""List products in keyset pages: ids and their places in the order; the documents come from the cache.

Every order ends in the id, so it is total and a page is stable while products come and go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import SQLCoreOperations

from infra.runtime import Infra
from models import Product
from services.catalog.product_filter import ProductFilter, conditions
from services.search.choose import SEARCH
from services.search.port import Matches

KeyValue = str | int | UUID
Key = tuple[KeyValue, ...]


_ANCHOR = 1_000
"""More than a score can be."""


class ProductSort(StrEnum):
    NEWEST = "NEWEST"
    TITLE = "TITLE"
    PRICE_ASC = "PRICE_ASC"
    PRICE_DESC = "PRICE_DESC"
    RELEVANCE = "RELEVANCE"


KEY_KINDS: dict[ProductSort, tuple[type, ...]] = {
    ProductSort.NEWEST: (UUID,),
    ProductSort.TITLE: (str, UUID),
    ProductSort.PRICE_ASC: (int, UUID),
    ProductSort.PRICE_DESC: (int, UUID),
    ProductSort.RELEVANCE: (int, UUID),
}
"""The types of a place's values in each order, for whoever reads a place from a cursor."""


@dataclass(frozen=True, slots=True)
class Page:
    """Up to ``limit`` products after ``after`` and before ``before``; the last of them when ``backwards``."""

    limit: int
    after: Key | None = None
    before: Key | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A product and its key: the values it is sorted by, with the id last."""

    product_id: UUID
    key: Key


@dataclass(frozen=True, slots=True)
class ProductPage:
    places: Sequence[Place]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class _Term:
    """One column of an order."""

    value: SQLCoreOperations[Any]
    descending: bool = False


async def list_products(
    infra: Infra, wanted: ProductFilter, page: Page, sort: ProductSort = ProductSort.NEWEST
) -> ProductPage:
    """One statement, with a search three. Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()
    if sort is ProductSort.RELEVANCE and not wanted.words:
        return await _equally_good(infra, wanted, page)
    async with infra.database.read() as session:
        matches = await SEARCH.prepare(session, wanted.words) if wanted.words else None
        if matches is not None and sort is ProductSort.RELEVANCE:
            return await _best_first(session, wanted, page, matches)
        where = conditions(wanted) + ([matches.condition()] if matches else [])
        rows = await session.execute(_statement(_terms(sort), where, page))
        return _page([tuple(row) for row in rows], page)


async def _equally_good(infra: Infra, wanted: ProductFilter, page: Page) -> ProductPage:
    """Nothing is searched for: the newest first, and all have the score 0."""
    inside = replace(page, after=page.after and page.after[1:], before=page.before and page.before[1:])
    found = await list_products(infra, wanted, inside, ProductSort.NEWEST)
    return replace(found, places=[Place(place.product_id, (0, *place.key)) for place in found.places])


async def _best_first(session: AsyncSession, wanted: ProductFilter, page: Page, matches: Matches) -> ProductPage:
    """A place holds the score and the anchor that it is of, as one number."""
    known = page.after or page.before
    ranked = matches.ranked(None if known is None else _whole(known[0]) // _ANCHOR)
    inside = replace(page, after=_scored(page.after), before=_scored(page.before))
    terms = (_Term(ranked.score, descending=True), _Term(ranked.product_id, descending=True))
    statement = _statement(terms, [*conditions(wanted), *ranked.conditions], inside)
    statement = statement.select_from(ranked.source).join(Product, Product.id == ranked.product_id)
    rows = (await session.execute(statement)).all()
    return _page([(row[0] + ranked.anchor * _ANCHOR, row[1]) for row in rows], page)


def _scored(key: Key | None) -> Key | None:
    return None if key is None else (_whole(key[0]) % _ANCHOR, *key[1:])


def _whole(value: KeyValue) -> int:
    return value if isinstance(value, int) else 0


def _statement(terms: Sequence[_Term], where: list[ColumnElement[bool]], page: Page) -> Select[Any]:
    where = where + ([_beyond(terms, page.after, forward=True)] if page.after is not None else [])
    where += [_beyond(terms, page.before, forward=False)] if page.before is not None else []
    order = [_order(term, page.backwards) for term in terms]
    # One row more than asked for tells whether there is another page.
    return select(*(term.value for term in terms)).where(*where).order_by(*order).limit(page.limit + 1)


def _page(keys: list[Key], page: Page) -> ProductPage:
    more = len(keys) > page.limit
    kept = keys[: page.limit]
    places = [Place(key[-1], key) for key in kept if isinstance(key[-1], UUID)]
    if page.backwards:
        return ProductPage(places[::-1], has_next=page.before is not None, has_previous=more)
    return ProductPage(places, has_next=more, has_previous=page.after is not None)


def _terms(sort: ProductSort) -> tuple[_Term, ...]:
    if sort is ProductSort.TITLE:
        return _Term(Product.title), _Term(Product.id)
    if sort is ProductSort.PRICE_ASC:
        return _Term(Product.min_price), _Term(Product.id)
    if sort is ProductSort.PRICE_DESC:
        return _Term(Product.min_price, descending=True), _Term(Product.id, descending=True)
    return (_Term(Product.id, descending=True),)


def _order(term: _Term, backwards: bool) -> ColumnElement[Any]:
    return term.value.desc() if term.descending != backwards else term.value.asc()


def _beyond(terms: Sequence[_Term], key: Key, *, forward: bool) -> ColumnElement[bool]:
    """Rows on one side of ``key``: ``a > x OR (a = x AND id > y)``, each column in its own direction."""
    sides: list[ColumnElement[bool]] = []
    for place, (term, value) in enumerate(zip(terms, key, strict=True)):
        equal = [earlier.value == known for earlier, known in zip(terms[:place], key[:place], strict=True)]
        side = term.value > value if term.descending != forward else term.value < value
        sides.append(and_(*equal, side))
    return or_(*sides)
