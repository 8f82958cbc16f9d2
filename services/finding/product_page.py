"""What a listing is asked for, and what it answers: pages of places."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

KeyValue = str | int | UUID
Key = tuple[KeyValue, ...]


class ProductSort(StrEnum):
    NEWEST = "NEWEST"
    TITLE = "TITLE"
    PRICE_ASC = "PRICE_ASC"
    PRICE_DESC = "PRICE_DESC"
    RELEVANCE = "RELEVANCE"


KEY_KINDS: Final[dict[ProductSort, tuple[type, ...]]] = {
    ProductSort.NEWEST: (UUID,),
    ProductSort.TITLE: (str, UUID),
    ProductSort.PRICE_ASC: (int, UUID),
    ProductSort.PRICE_DESC: (int, UUID),
    ProductSort.RELEVANCE: (int, UUID),
}
"""The types of a place's values in each order, for whoever reads a place from a cursor."""


@dataclass(frozen=True, slots=True)
class Page:
    """Up to ``limit`` products after ``after`` and before ``before``; the last of them when ``backwards``."""

    limit: int
    after: Key | None = None
    before: Key | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A product and its key: the values it is sorted by, with the id last."""

    product_id: UUID
    key: Key


@dataclass(frozen=True, slots=True)
class ProductPage:
    places: Sequence[Place]
    has_next: bool
    has_previous: bool


def page_of(keys: Sequence[Key], page: Page) -> ProductPage:
    """Make a page of the keys found in its direction: one more than its limit tells that there are others."""
    more = len(keys) > page.limit
    places = [Place(key[-1], key) for key in keys[: page.limit] if isinstance(key[-1], UUID)]
    if page.backwards:
        return ProductPage(places[::-1], has_next=page.before is not None, has_previous=more)
    return ProductPage(places, has_next=more, has_previous=page.after is not None)
