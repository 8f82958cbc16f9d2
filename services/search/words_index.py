"""Search by the words index in the database.

All words must be there; the last may be the beginning of one. The rarest word is the anchor: products are sorted
by how much that one counts for them, the newest first among equals. So a page is read along an index, however many
products have the word, and stays right while others come and go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models import Product, SearchPosting, SearchWord
from models.words import is_unspaced, wanted_words
from services.search.port import Ranked

_MOST_WORDS: Final = 8
_ENDINGS: Final = 50
"""How many words one that is not finished yet may become."""
_FEW: Final = 2_000
_AFTER_ALL: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One word, as any of ``terms``; ``count`` is how many postings they have, up to some more than few."""

    terms: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class WordMatches:
    wanted: tuple[_Wanted, ...]

    def condition(self) -> ColumnElement[bool]:
        if self._is_hopeless():
            return false()
        rarest = self.wanted[self._rarest()]
        if rarest.count > _FEW:
            return _all_there(self.wanted, Product.id)
        some = select(SearchPosting.product_id).where(SearchPosting.term.in_(rarest.terms))
        others = [one for one in self.wanted if one is not rarest]
        return Product.id.in_(some) & _all_there(others, Product.id)

    def ranked(self, anchor: int | None = None) -> Ranked:
        place = self._rarest() if anchor is None or not 0 <= anchor < len(self.wanted) else anchor
        if self._is_hopeless():
            posting = aliased(SearchPosting)
            return Ranked(posting, posting.product_id, posting.weight, (false(),))
        first, others = self.wanted[place], [w for i, w in enumerate(self.wanted) if i != place]
        if len(first.terms) == 1:
            posting = aliased(SearchPosting)
            there = (posting.term == first.terms[0], _all_there(others, posting.product_id))
            return Ranked(posting, posting.product_id, posting.weight, there, place)
        best = (
            select(SearchPosting.product_id, func.max(SearchPosting.weight).label("weight"))
            .where(SearchPosting.term.in_(first.terms))
            .group_by(SearchPosting.product_id)
            .subquery()
        )
        return Ranked(best, best.c.product_id, best.c.weight, (_all_there(others, best.c.product_id),), place)

    def _rarest(self) -> int:
        return min(range(len(self.wanted)), key=lambda i: self.wanted[i].count, default=0)

    def _is_hopeless(self) -> bool:
        return not self.wanted or any(not one.terms or not one.count for one in self.wanted)


class WordsIndex:
    """ProductSearch, two statements a search."""

    async def prepare(self, session: AsyncSession, text: str) -> WordMatches:
        found = wanted_words(text)[:_MOST_WORDS]
        if not found:
            return WordMatches(())
        last = found[-1]
        endings = [last]
        if not is_unspaced(last):
            # In their order the word itself comes first.
            begins = select(SearchWord.word).where(SearchWord.word >= last, SearchWord.word < last + _AFTER_ALL)
            endings = list(await session.scalars(begins.order_by(SearchWord.word).limit(_ENDINGS)))
        terms = [*((word,) for word in found[:-1]), tuple(endings)]
        counts = await _counts(session, terms)
        return WordMatches(tuple(_Wanted(one, count) for one, count in zip(terms, counts, strict=True)))


async def _counts(session: AsyncSession, terms: Sequence[tuple[str, ...]]) -> list[int]:
    parts = []
    for place, one in enumerate(terms):
        some = select(SearchPosting.product_id).where(SearchPosting.term.in_(one)).limit(_FEW + 1).subquery()
        parts.append(select(literal(place), func.count()).select_from(some))
    rows = {row[0]: row[1] for row in await session.execute(union_all(*parts))}
    return [rows[place] for place in range(len(terms))]


def _all_there(wanted: Sequence[_Wanted], product_id: Any) -> ColumnElement[bool]:
    return and_(true(), *(_is_there(one, product_id) for one in wanted))


def _is_there(one: _Wanted, product_id: Any) -> ColumnElement[bool]:
    posting = aliased(SearchPosting)
    return exists().where(posting.product_id == product_id, posting.term.in_(one.terms))
