"""Facets: how many products of a listing there are by category, vendor, tag and price.

Each is counted with all of the filter but its own part, so that it says what another choice would give.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from infra.runtime import Infra
from models import Product, SearchPosting
from models.search import TAG
from services.catalog.product_filter import ProductFilter, conditions
from services.money import currencies_by_exponent, exponent
from services.search.choose import SEARCH
from services.search.port import Ranked

MOST: Final = 50
"""Values of a facet: those with the most products."""
_BANDS: Final = (10, 25, 50, 100, 250, 500, 1000)


@dataclass(frozen=True, slots=True)
class Band:
    """Prices from ``low`` on and below ``high``, in minor units; None has no end."""

    low: int
    high: int | None
    currency: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Values with their counts, the most frequent first; bands from the cheapest."""

    categories: Sequence[tuple[UUID, int]]
    vendors: Sequence[tuple[str, int]]
    tags: Sequence[tuple[str, int]]
    bands: Sequence[Band]


async def count_facets(infra: Infra, wanted: ProductFilter) -> Facets:
    """Four statements, with a search six. Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()
    async with infra.database.read() as session:
        ranked = (await SEARCH.prepare(session, wanted.words)).ranked() if wanted.words else None
        return Facets(
            await _values(
                session, Product.category_id, replace(wanted, category_id=None, category_ids=()), ranked
            ),
            await _values(session, Product.vendor, replace(wanted, vendor=None, vendors=()), ranked),
            await _tags(session, replace(wanted, tag=None, tags=()), ranked),
            await _bands(session, replace(wanted, min_price=None, max_price=None), ranked),
        )


def dump_facets(facets: Facets) -> bytes:
    categories = [(id_.hex, count) for id_, count in facets.categories]
    bands = [(band.low, band.high, band.currency, band.count) for band in facets.bands]
    return orjson.dumps([categories, facets.vendors, facets.tags, bands])


def load_facets(raw: bytes) -> Facets:
    categories, vendors, tags, bands = orjson.loads(raw)
    return Facets(
        [(UUID(hex=id_), count) for id_, count in categories],
        [(name, count) for name, count in vendors],
        [(name, count) for name, count in tags],
        [Band(*band) for band in bands],
    )


def _of(statement: Any, wanted: ProductFilter, ranked: Ranked | None) -> Any:
    """Of the products that the filter and the search let through; what is found is read first, where it is few."""
    if ranked is None:
        return statement.select_from(Product).where(*conditions(wanted))
    joined = statement.select_from(ranked.source).join(Product, Product.id == ranked.product_id)
    return joined.where(*ranked.conditions, *conditions(wanted))


async def _values(
    session: AsyncSession, column: Any, wanted: ProductFilter, ranked: Ranked | None
) -> list[tuple[Any, int]]:
    statement = _of(select(column, func.count()), wanted, ranked).group_by(column)
    rows = await session.execute(_most_first(statement, column))
    return [(row[0], row[1]) for row in rows if row[0]]


async def _tags(session: AsyncSession, wanted: ProductFilter, ranked: Ranked | None) -> list[tuple[str, int]]:
    # A tag weighs nothing, and only a tag does. Of some products the tags are looked up, of all they are read.
    tag = aliased(SearchPosting)
    if ranked is not None or wanted != ProductFilter(statuses=wanted.statuses):
        matched = _of(select(Product.id), wanted, ranked).subquery()
        statement: Any = select(tag.term, func.count()).select_from(matched)
        statement = statement.join(tag, tag.product_id == matched.c.id).where(tag.weight == 0)
    else:
        shown = exists().where(Product.id == tag.product_id, *conditions(wanted))
        statement = select(tag.term, func.count()).where(tag.term >= TAG, tag.term < chr(ord(TAG) + 1), shown)
    rows = await session.execute(_most_first(statement.group_by(tag.term), tag.term))
    return [(row[0].removeprefix(TAG), row[1]) for row in rows]


def _most_first(statement: Any, value: Any) -> Any:
    return statement.order_by(func.count().desc(), value).limit(MOST)


async def _bands(session: AsyncSession, wanted: ProductFilter, ranked: Ranked | None) -> list[Band]:
    special = currencies_by_exponent()
    branches = [(Product.currency.in_(codes), _place(digits)) for digits, codes in special.items()]
    place = case(*branches, else_=_place(2)).label("place")
    counted = _of(select(Product.currency, place, func.count()), wanted, ranked)
    rows = await session.execute(counted.group_by(Product.currency, "place"))
    return [_band(currency, number, count) for currency, number, count in sorted(tuple(row) for row in rows)]


def _place(digits: int) -> ColumnElement[int]:
    """The number of the band, for currencies of so many decimals."""
    edges = enumerate(_BANDS)
    return case(*((Product.min_price < edge * 10**digits, i) for i, edge in edges), else_=len(_BANDS))


def _band(currency: str, number: int, count: int) -> Band:
    edges = [0, *(edge * 10 ** exponent(currency) for edge in _BANDS)]
    return Band(edges[number], edges[number + 1] if number < len(_BANDS) else None, currency, count)
