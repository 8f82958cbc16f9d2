"""Count the products of a listing, from the condition that leads to the fewest: asked for by itself, as it costs
more than a page.
"""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.catalog.rows import LISTINGS, POSTINGS
from services.finding import rules
from services.finding.find_narrowest import Narrowest, find_narrowest
from services.finding.product_filter import ProductFilter
from services.finding.rows import has_words, is_one_of, price_between, price_of, rest_of
from services.finding.wanted import Wanted, in_index_terms


async def count_products(infra: Infra, wanted: ProductFilter) -> int:
    """Count what matches, in one statement, or two. Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()

    async def read(session: AsyncSession) -> int:
        terms = await in_index_terms(session, wanted)
        return 0 if terms.is_hopeless else await _count(session, terms)

    return await infra.listings.read(read)


async def _count(session: AsyncSession, wanted: Wanted) -> int:
    found = matching(wanted, await find_narrowest(session, wanted, rules.MANY)).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


def matching(wanted: Wanted, narrowest: Narrowest) -> Select[Any]:
    """Returns a statement for the ids of all products that match, each once."""
    lead = narrowest.leading
    if lead is not None:
        row = POSTINGS.alias()
        words = [word for word in wanted.words or () if word != lead.word or not word.is_plain]
        found = select(row.c.product_id).where(is_one_of(row.c.term_id, lead.terms))
        found = found.where(*price_of(wanted, row.c.product_id), *rest_of(wanted, row.c.product_id))
    else:
        row = LISTINGS.alias()
        words = list(wanted.words or ())
        found = select(row.c.product_id).where(is_one_of(row.c.list_id, narrowest.lists))
        found = found.where(*price_between(wanted, row))
        found = found.where(*rest_of(wanted, row.c.product_id, but=narrowest.lists))
        found = found if len(narrowest.lists) == 1 else found.distinct()
    return found.where(*has_words(words, wanted, row.c.product_id))
