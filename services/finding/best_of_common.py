"""The best first, of words that are all common: read along their postings, so that a page costs no more than that.

A single short word: its products as its postings have them, level by level. Else three classes: those that have
all words in the title, in title and labels, anywhere. In each, the newest first. The scores are the level, or
that of the class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ScalarSelect, Select, and_, literal, not_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.index_entry import BODY, LABEL, TITLE
from services.catalog.rows import POSTINGS
from services.finding import rules
from services.finding.find_narrowest import Lead, size_of
from services.finding.product_page import Key, Page
from services.finding.rows import Condition, along, beyond, has_words, price_of, rest_of
from services.finding.rules import Word
from services.finding.wanted import Wanted

_CLASSES: Final = (TITLE, LABEL, BODY)
"""The better of the two levels of each place."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """Products that a term leads to at a level, shown with a score."""

    term: int
    level: int
    score: int
    also: tuple[Word, ...] = ()
    """Words that they must have, in a place as good as the score."""
    not_better: tuple[Word, ...] = ()
    """Words of which one must not be in a better place."""


async def best_of_common(session: AsyncSession, wanted: Wanted, leads: Sequence[Lead], page: Page) -> list[Key]:
    """Find the best of products that match common words: one statement for a single short word, else two to four.

    Keys of the score and the id.
    """
    words = wanted.words or ()
    if len(words) == 1 and words[0].is_plain:
        levels = range(TITLE, 0, -1)
        return await _read(session, wanted, [_Stream(t, n, n) for n in levels for t in leads[0].terms], page)
    keys: list[Key] = []
    rarest = await _rarest(session, leads)
    for score in reversed(_CLASSES) if page.backwards else _CLASSES:
        missing = page.limit + 1 - len(keys)
        if missing > 0 and rarest[score].count:
            keys += (await _read(session, wanted, _class(words, rarest[score], score), page))[:missing]
    return keys


async def _rarest(session: AsyncSession, leads: Sequence[Lead]) -> dict[int, Lead]:
    """Find what leads to the fewest of each class; a word that nothing has in such a place leads to none."""
    choices = [(score, lead) for score in _CLASSES for lead in leads]
    counts = (await session.execute(select(*(_size(score, lead) for score, lead in choices)))).one()
    found: dict[int, Lead] = {}
    for (score, lead), count in zip(choices, counts, strict=True):
        if score not in found or count < found[score].count:
            found[score] = Lead(lead.word, lead.terms, count)
    return found


def _size(score: int, lead: Lead) -> ScalarSelect[Any]:
    return size_of(POSTINGS.c.term_id, lead.terms, rules.FEW + 1, [POSTINGS.c.level >= score - 1])


def _class(words: tuple[Word, ...], lead: Lead, score: int) -> list[_Stream]:
    """A posting notes the best place of all words that begin as the lead does; the word's own may be a worse."""
    is_noted = lead.word.is_plain
    also = tuple(word for word in words if word != lead.word) if is_noted else words
    return [
        # Those of a better class have been there already.
        _Stream(term, level, score, also, words if score < TITLE and (not is_noted or level > score) else ())
        for term in sorted(lead.terms)
        for level in range(TITLE, score - 2, -1)
    ]


async def _read(session: AsyncSession, wanted: Wanted, streams: Sequence[_Stream], page: Page) -> list[Key]:
    """Read keys by one statement, none when the page is beyond all streams."""
    reached = [_select(wanted, stream, page) for stream in streams if _reaches(page, stream.score)]
    if not reached:
        return []
    found = union_all(*(select(stream.subquery()) for stream in reached)).subquery()
    order = [found.c.score, found.c.product_id]
    ordered = select(*order).order_by(*(column if page.backwards else column.desc() for column in order))
    return [tuple(row) for row in await session.execute(ordered.limit(page.limit + 1))]


def _reaches(page: Page, score: int) -> bool:
    """Returns whether the page may hold any of this score."""
    return _score(page.before, 0) <= score <= _score(page.after, TITLE)


def _score(key: Key | None, otherwise: int) -> int:
    return key[0] if key is not None and isinstance(key[0], int) else otherwise


def _select(wanted: Wanted, stream: _Stream, page: Page) -> Select[Any]:
    row = POSTINGS.alias()
    product_id = row.c.product_id
    where: list[Condition] = [row.c.term_id == stream.term, row.c.level == stream.level]
    if page.after is not None and page.after[0] == stream.score:
        where += beyond([product_id], page.after[1:], upwards=False)
    if page.before is not None and page.before[0] == stream.score:
        where += beyond([product_id], page.before[1:], upwards=True)
    where += has_words(stream.also, wanted, product_id, stream.score)
    if stream.not_better:
        where.append(not_(and_(*has_words(stream.not_better, wanted, product_id, stream.score + 2))))
    where += price_of(wanted, product_id) + rest_of(wanted, product_id)
    order = product_id if page.backwards else product_id.desc()
    found = select(literal(stream.score).label("score"), product_id).where(*where)
    return along(found, row, "ix_term_postings_best").order_by(order).limit(page.limit + 1)
