"""What listings ask of a search engine, and the facets it counts. The one in the box is finding/engine.py.

Another engine gets its products by an event or by ``write_index``'s callers, and answers the same three questions:
the ids of a page and their places in its order, so that the next page begins behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page, ProductPage, ProductSort


class FacetKind(StrEnum):
    CATEGORY = "category"
    VENDOR = "vendor"
    TAG = "tag"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class FacetValue:
    """``value`` is the name of a vendor or tag, or a category's id in hex."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Products whose lowest price is ``low`` or more and under ``high``, in whole units of the currency; None has
    no end.
    """

    low: int
    high: int | None
    currency: str
    count: int


class ProductSearch(Protocol):
    """Filters are checked already. Errors of all: StoreUnavailable."""

    async def page(self, wanted: ProductFilter, page: Page, sort: ProductSort) -> ProductPage: ...

    async def count(self, wanted: ProductFilter) -> int: ...

    async def values(self, wanted: ProductFilter, kind: FacetKind) -> Sequence[FacetValue]:
        """Count those categories, vendors or tags with the most products, with all of the filter but its part of
        that kind."""
        ...

    async def price_bands(self, wanted: ProductFilter) -> Sequence[PriceBand]:
        """Count by currency and price, with all of the filter but its prices."""
        ...
