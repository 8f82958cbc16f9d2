"""The search engine in the box."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import Database
from services.catalog.listing import Key, Page, ProductPage, ProductSort, page_of
from services.catalog.product_filter import ProductFilter
from services.search.database import limits
from services.search.database.common import best_of_common
from services.search.database.count import count
from services.search.database.facets import count_bands, count_values
from services.search.database.gather import gather
from services.search.database.narrowest import find_narrowest
from services.search.database.walk import walk
from services.search.database.wanted import Wanted, in_index_terms
from services.search.port import FacetKind, FacetValue, PriceBand

_COMMON: Final = 1_000_000
"""Added to a place's score when all words were common: the next page then takes the same way."""


class DatabaseSearch:
    """See services/search/port.py. A page takes one statement, with several conditions up to three, and up to two
    more when all words of a search are common.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: ProductFilter, page: Page, sort: ProductSort) -> ProductPage:
        async with self._database.read() as session:
            terms = await in_index_terms(session, wanted)
            return page_of(() if terms.is_hopeless else await _keys(session, terms, page, sort), page)

    async def count(self, wanted: ProductFilter) -> int:
        async with self._database.read() as session:
            terms = await in_index_terms(session, wanted)
            return 0 if terms.is_hopeless else await count(session, terms)

    async def values(self, wanted: ProductFilter, kind: FacetKind) -> Sequence[FacetValue]:
        async with self._database.read() as session:
            return await count_values(session, wanted, kind)

    async def price_bands(self, wanted: ProductFilter) -> Sequence[PriceBand]:
        async with self._database.read() as session:
            return await count_bands(session, wanted)


async def _keys(session: AsyncSession, wanted: Wanted, page: Page, sort: ProductSort) -> Sequence[Key]:
    if sort is ProductSort.RELEVANCE and wanted.words is None:
        return await _all_alike(session, wanted, page)
    found = await find_narrowest(session, wanted)
    if wanted.words is None or found.lead is None:
        return await walk(session, wanted, found, page, sort)
    by_word = found.lead.count <= found.lists_count
    is_few = min(found.lead.count, found.lists_count) <= limits.FEW
    if sort is not ProductSort.RELEVANCE:
        if is_few:
            return await gather(session, wanted, found, page, sort, by_word=by_word)
        return await walk(session, wanted, found, page, sort)
    if _goes_on(page, otherwise=not is_few):
        keys = await best_of_common(session, wanted, found.leads, _without_mark(page))
        return [(_COMMON + score, product_id) for score, product_id in keys if isinstance(score, int)]
    return await gather(session, wanted, found, page, sort, by_word=by_word)


async def _all_alike(session: AsyncSession, wanted: Wanted, page: Page) -> Sequence[Key]:
    """Nothing is searched for: the newest first."""
    after, before = (None if key is None else key[1:] for key in (page.after, page.before))
    found = await find_narrowest(session, wanted)
    keys = await walk(session, wanted, found, replace(page, after=after, before=before), ProductSort.NEWEST)
    return [(0, *key) for key in keys]


def _goes_on(page: Page, *, otherwise: bool) -> bool:
    """Whether the pages before went by common words; of the first page it is decided by how common they are."""
    key = page.after or page.before
    return otherwise if key is None or not isinstance(key[0], int) else key[0] > _COMMON


def _without_mark(page: Page) -> Page:
    after, before = (_unmarked(key) for key in (page.after, page.before))
    return replace(page, after=after, before=before)


def _unmarked(key: Key | None) -> Key | None:
    return (key[0] - _COMMON, *key[1:]) if key is not None and isinstance(key[0], int) else None
