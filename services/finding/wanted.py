"""A filter in the index's own terms: the lists that products must be in, the words, and the rest."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Category, ProductStatus
from services.catalog.index_entry import DECIMALS
from services.catalog.keys import Kind, by_stock, category_lists, list_ids, metadata_value
from services.finding.product_filter import ProductFilter
from services.finding.rules import Word, words_of

Lists = frozenset[int]
_MOST_CATEGORIES: Final = 1_000
_UNITS: Final = 10**DECIMALS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Products are in one of ``everything``, and in one of each of ``groups``: all of them lists of those in
    stock, or of those that are not, if ``in_stock`` says so. ``words`` None: no search.

    ``low`` and ``high`` in the amounts of the index.
    """

    statuses: tuple[ProductStatus, ...]
    everything: Lists
    groups: tuple[Lists, ...]
    words: tuple[Word, ...] | None
    low: int | None
    high: int | None
    in_stock: bool | None

    @property
    def is_hopeless(self) -> bool:
        """No product can be meant: of no state, of a category that is not there, a search without a word."""
        return not self.everything or not all(self.groups) or self.words == ()


async def in_index_terms(session: AsyncSession, wanted: ProductFilter) -> Wanted:
    """Returns the filter in the index's terms: a statement for each filter by categories to go down from."""
    everything = _of_stock(wanted, list_ids(wanted.statuses, Kind.ALL))
    groups = [_of_stock(wanted, group) for group in await _groups(session, wanted)]
    if wanted.in_stock is not None and wanted.words and not groups:
        groups = [everything]
    return Wanted(
        statuses=wanted.statuses,
        everything=everything,
        groups=tuple(dict.fromkeys(groups)),
        words=words_of(wanted.words) if wanted.words else None,
        low=None if wanted.min_price is None else -_floor(-wanted.min_price),
        high=None if wanted.max_price is None else _floor(wanted.max_price),
        in_stock=wanted.in_stock,
    )


def _floor(price: Decimal) -> int:
    numerator, denominator = price.as_integer_ratio()
    return numerator * _UNITS // denominator


def _of_stock(wanted: ProductFilter, lists: Lists) -> Lists:
    return lists if wanted.in_stock is None else frozenset(by_stock(one, wanted.in_stock) for one in lists)


async def _groups(session: AsyncSession, wanted: ProductFilter) -> list[Lists]:
    groups, statuses = [], wanted.statuses
    if wanted.category_id is not None:
        groups.append(category_lists(statuses, [wanted.category_id]))
    for ids in ((wanted.within,) if wanted.within else (), wanted.category_ids):
        if ids:
            groups.append(category_lists(statuses, await _with_those_below(session, ids)))
    if wanted.vendor is not None:
        groups.append(list_ids(statuses, Kind.VENDOR, [wanted.vendor]))
    if wanted.vendors:
        groups.append(list_ids(statuses, Kind.VENDOR, wanted.vendors))
    for found in wanted.metadata:
        values = [metadata_value(definition_id.hex, value) for definition_id, value in found]
        groups.append(list_ids(statuses, Kind.METADATA, values))
    tags = wanted.tags if wanted.tag is None else (wanted.tag, *wanted.tags)
    return [*groups, *(list_ids(statuses, Kind.TAG, [tag]) for tag in tags)]


async def _with_those_below(session: AsyncSession, ids: tuple[UUID, ...]) -> list[UUID]:
    """Find the categories and all below them, up to a thousand."""
    below = select(Category.id).where(Category.id.in_(ids)).cte("below", recursive=True)
    below = below.union(select(Category.id).join(below, Category.parent_id == below.c.id))
    return list(await session.scalars(select(below.c.id).limit(_MOST_CATEGORIES)))
