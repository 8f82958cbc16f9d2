"""List products in keyset pages: ids and their places in the order; the documents come from the cache.

Every order ends in the id, so it is total and a page is stable while products come and go.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.finding import rules
from services.finding.best_of_common import best_of_common
from services.finding.find_narrowest import find_narrowest
from services.finding.gather import find_few, from_narrowest, gather
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Key, Page, ProductPage, ProductSort, page_of
from services.finding.walk import walk
from services.finding.wanted import Wanted, in_index_terms

_COMMON: Final = 1_000_000
"""Added to a place's score when all words were common: the next page then takes the same way."""


async def list_products(
    infra: Infra, wanted: ProductFilter, page: Page, sort: ProductSort = ProductSort.NEWEST
) -> ProductPage:
    """List in one statement; with several conditions in up to three, and up to two more when all words are common.

    Errors: InvalidInput (filter), StoreUnavailable.
    """
    wanted.check()

    async def read(session: AsyncSession) -> ProductPage:
        terms = await in_index_terms(session, wanted)
        return page_of(() if terms.is_hopeless else await _keys(session, terms, page, sort), page)

    return await infra.listings.read(read)


async def _keys(session: AsyncSession, wanted: Wanted, page: Page, sort: ProductSort) -> Sequence[Key]:
    if sort is not ProductSort.RELEVANCE:
        return await _in_order(session, wanted, page, sort)
    if wanted.words is None:
        return await _all_alike(session, wanted, page)
    return await _best_first(session, wanted, page)


async def _in_order(session: AsyncSession, wanted: Wanted, page: Page, sort: ProductSort) -> Sequence[Key]:
    found = await find_narrowest(session, wanted)
    few = await find_few(session, wanted, found)
    if few is None:
        return await walk(session, wanted, found, page, sort)
    return await gather(session, wanted, few, page, sort)


async def _all_alike(session: AsyncSession, wanted: Wanted, page: Page) -> Sequence[Key]:
    """Nothing is searched for: the newest first."""
    after, before = (None if key is None else key[1:] for key in (page.after, page.before))
    keys = await _in_order(session, wanted, replace(page, after=after, before=before), ProductSort.NEWEST)
    return [(0, *key) for key in keys]


async def _best_first(session: AsyncSession, wanted: Wanted, page: Page) -> Sequence[Key]:
    found, key = await find_narrowest(session, wanted), page.after or page.before
    few = None if _is_marked(key) else await find_few(session, wanted, found)
    if few is None and (key is None or _is_marked(key)):
        keys = await best_of_common(session, wanted, found.leads, _without_mark(page))
        return [(_COMMON + score, product_id) for score, product_id in keys if isinstance(score, int)]
    # They became common since the page before, or the cursor is made up.
    few = few or from_narrowest(wanted, found).first(rules.MANY)
    return await gather(session, wanted, few, page, ProductSort.RELEVANCE)


def _is_marked(key: Key | None) -> bool:
    """The pages before went by common words; so does the next, however common they are by now."""
    return key is not None and isinstance(key[0], int) and key[0] > _COMMON


def _without_mark(page: Page) -> Page:
    after, before = (_unmarked(key) for key in (page.after, page.before))
    return replace(page, after=after, before=before)


def _unmarked(key: Key | None) -> Key | None:
    return (key[0] - _COMMON, *key[1:]) if key is not None and isinstance(key[0], int) else None
