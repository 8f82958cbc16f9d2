"""What leads to the fewest candidates: a group of lists, or a word. Counted, but never beyond a few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ScalarSelect, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.keys import term_id
from services.catalog.rows import LISTINGS, POSTINGS
from services.finding import rules
from services.finding.rows import Condition, price_between
from services.finding.rules import Word
from services.finding.wanted import Lists, Wanted


@dataclass(frozen=True, slots=True)
class Lead:
    """A word, and the terms that lead to its products: one for each state. ``count`` ends at some limit."""

    word: Word
    terms: Lists
    count: int


@dataclass(frozen=True, slots=True)
class Narrowest:
    """Of the groups the smallest, else everything, with what it has at the prices wanted; of each word the rarest
    lead. Counts end at some limit.
    """

    lists: Lists
    lists_count: int
    leads: tuple[Lead, ...]

    @property
    def lead(self) -> Lead | None:
        """That of the rarest word."""
        return min(self.leads, key=lambda lead: lead.count, default=None)

    @property
    def leading(self) -> Lead | None:
        """That of the rarest word when it has no more than the lists; else the lists lead."""
        lead = self.lead
        return lead if lead is not None and lead.count <= self.lists_count else None

    @property
    def count(self) -> int:
        return min(self.lists_count, self.lead.count) if self.lead else self.lists_count


async def find_narrowest(session: AsyncSession, wanted: Wanted, most: int | None = None) -> Narrowest:
    """Find what leads to the fewest products, in one statement; none when there is no choice.

    Counts end at ``most``, one more than few by default.
    """
    most = rules.FEW + 1 if most is None else most
    is_small = all(len(group) <= rules.MOST_STREAMS for group in wanted.groups)
    if not wanted.words and len(wanted.groups) < 2 and is_small:
        return Narrowest(wanted.groups[0] if wanted.groups else wanted.everything, most, ())
    leads = [
        Lead(word, frozenset(term_id(status, text) for status in wanted.statuses), 0)
        for word in wanted.words or ()
        for text in word.leads
    ]
    prices = price_between(wanted, LISTINGS)
    choice = wanted.groups or ((wanted.everything,) if prices else ())
    listed = [size_of(LISTINGS.c.list_id, group, most, prices) for group in choice]
    posted = [size_of(POSTINGS.c.term_id, lead.terms, most) for lead in leads]
    counts = list((await session.execute(select(*listed, *posted))).one())
    groups = [(count, group) for count, group in zip(counts, choice, strict=False)]
    lists_count, lists = min(groups, key=_first, default=(most, wanted.everything))
    counted = [replace(lead, count=count) for lead, count in zip(leads, counts[len(listed) :], strict=True)]
    return Narrowest(lists, lists_count, _rarest_of_each(counted))


def _rarest_of_each(leads: Sequence[Lead]) -> tuple[Lead, ...]:
    found: dict[Word, Lead] = {}
    for lead in leads:
        if lead.word not in found or lead.count < found[lead.word].count:
            found[lead.word] = lead
    return tuple(found.values())


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]


def size_of(column: Any, values: Lists, most: int, also: Sequence[Condition] = ()) -> ScalarSelect[Any]:
    """Returns how many rows have one of the values; ``most`` is counted no further."""
    some = select(literal(1).label("one")).where(column.in_(sorted(values)), *also).limit(most).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
