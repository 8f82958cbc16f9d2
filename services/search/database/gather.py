"""A page of few candidates: all of them are looked at, scored and sorted."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.listing import Key, Page, ProductSort
from services.search.database.conditions import bonus_of, has_lead, price_between, rest_of, score_of
from services.search.database.narrowest import Narrowest
from services.search.database.walk import ORDERS, Order
from services.search.database.wanted import Lists, Wanted
from services.search.write_rows import DOCUMENTS, LISTINGS, POSTINGS

BEST_FIRST = Order(("score", "product_id"), upwards=False)


async def gather(
    session: AsyncSession, wanted: Wanted, narrowest: Narrowest, page: Page, sort: ProductSort, *, by_word: bool
) -> Sequence[Key]:
    """One statement. Keys as ``walk`` gives them; best first, the score and the id."""
    scored = _scored(wanted, narrowest, by_word=by_word).subquery()
    order = BEST_FIRST if sort is ProductSort.RELEVANCE else ORDERS[sort]
    words = range(len(wanted.words or ()))
    found = select(*order.of(scored)).where(*(scored.c[f"word_{place}"] > 0 for place in words))
    found = found.where(*order.within(scored, page)).order_by(*order.sorted(scored, page))
    return [tuple(row) for row in await session.execute(found.limit(page.limit + 1))]


def _scored(wanted: Wanted, narrowest: Narrowest, *, by_word: bool) -> Select[Any]:
    words = wanted.words or ()
    document = DOCUMENTS.alias()
    candidates = candidate_ids(narrowest, by_word=by_word).subquery()
    scores = [score_of(word, document) for word in words]
    total: ColumnElement[int] = reduce(add, scores) + bonus_of(words, document)
    named = [score.label(f"word_{place}") for place, score in enumerate(scores)]
    columns: list[Any] = [document.c.product_id, document.c.title_key, document.c.min_amount]
    product_id = candidates.c.product_id
    joined: FromClause = candidates.join(document, document.c.product_id == product_id)
    found = select(*columns, total.label("score"), *named).select_from(joined)
    lead = narrowest.lead.word if narrowest.lead and by_word else None
    # Few have all of the words, and only their texts are read.
    found = found.where(*(has_lead(word, wanted, product_id) for word in words if word != lead))
    rest = rest_of(wanted, product_id, but=None if by_word else narrowest.lists)
    return found.where(*price_between(wanted, document), *rest)


def candidate_ids(narrowest: Narrowest, *, by_word: bool) -> Select[Any]:
    """Ids, each once."""
    if by_word:
        assert narrowest.lead is not None
        return select(POSTINGS.c.product_id).where(_is_one(POSTINGS.c.term_id, narrowest.lead.terms))
    found = select(LISTINGS.c.product_id).where(_is_one(LISTINGS.c.list_id, narrowest.lists))
    return found if len(narrowest.lists) == 1 else found.distinct()


def _is_one(column: Any, values: Lists) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column == next(iter(values)) if len(values) == 1 else column.in_(sorted(values))
    return found
