"""Facets: how many of the matching products each category, vendor, tag and band of prices has.

Each is counted with all of the filter but its own part, so that it says what another choice would give.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.catalog.index_entry import DECIMALS
from services.catalog.keys import VALUE_BITS, Kind, bounds
from services.catalog.rows import LISTINGS, NAMES
from services.finding import rules
from services.finding.count_products import matching
from services.finding.find_narrowest import find_narrowest
from services.finding.product_filter import ProductFilter
from services.finding.wanted import Wanted, in_index_terms


class FacetKind(StrEnum):
    CATEGORY = "category"
    VENDOR = "vendor"
    TAG = "tag"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class FacetValue:
    """``value`` is the name of a vendor or tag, or a category's id in hex."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Products whose lowest price is ``low`` or more and under ``high``, in whole units of the currency; None has
    no end.
    """

    low: int
    high: int | None
    currency: str
    count: int


MOST: Final = 50
"""Values of a facet."""
_EDGES: Final = tuple(step * 10**power for power in range(1, 7) for step in (1, 2, 5))
"""Of the bands of prices, in whole units of the currency."""
_KINDS: Final = {FacetKind.CATEGORY: Kind.CATEGORY, FacetKind.VENDOR: Kind.VENDOR, FacetKind.TAG: Kind.TAG}


async def count_values(infra: Infra, wanted: ProductFilter, kind: FacetKind) -> Sequence[FacetValue]:
    """Count by categories, vendors or tags: those with the most products, these first.

    Two statements, and those that find what leads to the fewest. Errors: InvalidInput (filter), StoreUnavailable.
    """
    wanted.check()
    return await infra.listings.read(lambda session: _values(session, wanted, kind))


async def count_price_bands(infra: Infra, wanted: ProductFilter) -> Sequence[PriceBand]:
    """Count by price and currency, the cheapest first; none that is empty. Errors: as ``count_values``."""
    wanted.check()
    return await infra.listings.read(lambda session: _bands(session, wanted))


async def _values(session: AsyncSession, wanted: ProductFilter, kind: FacetKind) -> list[FacetValue]:
    terms = await in_index_terms(session, _without(wanted, kind))
    if terms.is_hopeless:
        return []
    row = LISTINGS.alias()
    # First by list, in the index's order; a value has one for each state.
    lists = (await _counted(session, terms, row, _KINDS[kind], [row.c.list_id])).subquery()
    value, number = lists.c.list_id.op("&")(VALUE_BITS).label("value"), func.sum(lists.c.number).label("number")
    found = select(value, number).group_by("value").order_by(number.desc(), "value").limit(MOST).subquery()
    # A product without a vendor is in a list without a name.
    named = select(NAMES.c.name, found.c.number).join(found, found.c.value == NAMES.c.list_id)
    rows = [FacetValue(name, int(count)) for name, count in await session.execute(named)]
    return sorted(rows, key=lambda row: (-row.count, row.value))


async def _bands(session: AsyncSession, wanted: ProductFilter) -> list[PriceBand]:
    terms = await in_index_terms(session, _without(wanted, FacetKind.PRICE))
    if terms.is_hopeless:
        return []
    row, unit = LISTINGS.alias(), 10**DECIMALS
    # First by price, in the index's order.
    prices = (await _counted(session, terms, row, Kind.CURRENCY, [row.c.list_id, row.c.min_amount])).subquery()
    value = prices.c.list_id.op("&")(VALUE_BITS).label("value")
    place = case(*((prices.c.min_amount < edge * unit, at) for at, edge in enumerate(_EDGES)), else_=len(_EDGES))
    columns = [value, place.label("place"), func.sum(prices.c.number).label("number")]
    found = select(*columns).group_by("value", "place").subquery()
    named = select(NAMES.c.name, found.c.place, found.c.number).join(found, found.c.value == NAMES.c.list_id)
    rows = sorted(tuple(row) for row in await session.execute(named))
    return [_band(currency, at, int(number)) for currency, at, number in rows]


def _band(currency: str, at: int, number: int) -> PriceBand:
    edges = (0, *_EDGES)
    return PriceBand(edges[at], edges[at + 1] if at + 1 < len(edges) else None, currency, number)


def _without(wanted: ProductFilter, kind: FacetKind) -> ProductFilter:
    match kind:
        case FacetKind.CATEGORY:
            return replace(wanted, category_id=None, within=None, category_ids=())
        case FacetKind.VENDOR:
            return replace(wanted, vendor=None, vendors=())
        case FacetKind.TAG:
            return replace(wanted, tag=None, tags=())
        case FacetKind.PRICE:
            return replace(wanted, min_price=None, max_price=None)


async def _counted(
    session: AsyncSession, wanted: Wanted, row: FromClause, kind: Kind, by: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    """Returns the ``number`` of rows by some columns, of lists of a kind: all of them, or those of what
    matches."""
    of_kind = or_(*(row.c.list_id.between(*bounds(status, kind, wanted.in_stock)) for status in wanted.statuses))
    counted = select(*by, func.count().label("number")).where(of_kind).group_by(*by)
    if not _narrows(wanted):
        return counted
    found = matching(wanted, await find_narrowest(session, wanted, rules.MANY)).subquery()
    return counted.select_from(found.join(row, row.c.product_id == found.c.product_id))


def _narrows(wanted: Wanted) -> bool:
    given: tuple[Any, ...] = (wanted.words, wanted.low, wanted.high)
    return bool(wanted.groups) or any(value is not None for value in given)
