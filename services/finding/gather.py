"""A page of few candidates: all of them are looked at, scored and sorted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.rows import DOCUMENTS, LISTINGS, POSTINGS
from services.finding import rules
from services.finding.count_products import matching
from services.finding.find_narrowest import Narrowest
from services.finding.product_page import Key, Page, ProductSort
from services.finding.rows import bonus_of, has_lead, is_one_of, price_between, rest_of, score_of
from services.finding.rules import Word
from services.finding.walk import ORDERS, Order
from services.finding.wanted import Lists, Wanted


@dataclass(frozen=True, slots=True)
class Candidates:
    """``ids``: each once. They have the ``word``, or are in one of ``lists``; else ``all_match``."""

    ids: Select[Any]
    word: Word | None = None
    lists: Lists | None = None
    all_match: bool = False

    def first(self, most: int) -> "Candidates":
        return replace(self, ids=self.ids.limit(most))


BEST_FIRST = Order(("score", "product_id"), upwards=False)


async def gather(
    session: AsyncSession, wanted: Wanted, candidates: Candidates, page: Page, sort: ProductSort
) -> Sequence[Key]:
    """Gather candidates and sort them, in one statement.

    Keys as ``walk`` gives them; best first, the score and the id.
    """
    scored = _scored(wanted, candidates).subquery()
    order = BEST_FIRST if sort is ProductSort.RELEVANCE else ORDERS[sort]
    words = range(len(wanted.words or ()))
    found = select(*order.of(scored)).where(*(scored.c[f"word_{place}"] > 0 for place in words))
    found = found.where(*order.within(scored, page)).order_by(*order.sorted(scored, page))
    return [tuple(row) for row in await session.execute(found.limit(page.limit + 1))]


def _scored(wanted: Wanted, candidates: Candidates) -> Select[Any]:
    words = wanted.words or ()
    document = DOCUMENTS.alias()
    ids = candidates.ids.subquery()
    scores = [score_of(word, document) for word in words]
    total: ColumnElement[int] = reduce(add, scores, bonus_of(words, document))
    named = [score.label(f"word_{place}") for place, score in enumerate(scores)]
    columns: list[Any] = [document.c.product_id, document.c.title_key, document.c.min_amount]
    product_id = ids.c.product_id
    joined: FromClause = ids.join(document, document.c.product_id == product_id)
    found = select(*columns, total.label("score"), *named).select_from(joined)
    if candidates.all_match:
        return found
    # Few have all of the words, and only their texts are read.
    found = found.where(*(has_lead(word, wanted, product_id) for word in words if word != candidates.word))
    return found.where(*price_between(wanted, document), *rest_of(wanted, product_id, but=candidates.lists))


async def find_few(session: AsyncSession, wanted: Wanted, narrowest: Narrowest) -> Candidates | None:
    """Find all that match, when that many can be looked at for a page; else None. Up to two statements.

    Each condition may be true of many, and all of them together of few.
    """
    if narrowest.count <= rules.FEW:
        return from_narrowest(wanted, narrowest)
    return await _few_matching(session, wanted, narrowest) if _may_be_sparse(wanted) else None


async def _few_matching(session: AsyncSession, wanted: Wanted, narrowest: Narrowest) -> Candidates | None:
    ids = (await session.scalars(matching(wanted, narrowest).limit(rules.SPARSE + 1))).all()
    return _these(ids) if len(ids) <= rules.SPARSE else None


def _these(ids: Sequence[UUID]) -> Candidates:
    return Candidates(select(DOCUMENTS.c.product_id).where(DOCUMENTS.c.product_id.in_(ids)), all_match=True)


def _may_be_sparse(wanted: Wanted) -> bool:
    """Not of one list or one short word: these are as many as are counted. Prices are in the lists' indexes."""
    words = wanted.words or ()
    return len(words) + len(wanted.groups) > 1 or any(not word.is_plain for word in words)


def from_narrowest(wanted: Wanted, narrowest: Narrowest) -> Candidates:
    lead = narrowest.leading
    if lead is not None:
        leading = select(POSTINGS.c.product_id).where(is_one_of(POSTINGS.c.term_id, lead.terms))
        return Candidates(leading, word=lead.word)
    listed = select(LISTINGS.c.product_id).where(is_one_of(LISTINGS.c.list_id, narrowest.lists))
    listed = listed.where(*price_between(wanted, LISTINGS))
    return Candidates(listed if len(narrowest.lists) == 1 else listed.distinct(), lists=narrowest.lists)
