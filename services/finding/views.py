"""Pages of listings and their counts, from the cache."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from infra.runtime import Infra
from models.changes import CATEGORIES, LISTINGS, MOVED, STOCKED
from services.catalog.views import cached_listing
from services.finding.count_products import count_products
from services.finding.count_values import FacetKind, FacetValue, PriceBand, count_price_bands, count_values
from services.finding.list_products import list_products
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page, Place, ProductPage, ProductSort

T = TypeVar("T")


async def product_page(
    infra: Infra, wanted: ProductFilter, page: Page, sort: ProductSort = ProductSort.NEWEST
) -> ProductPage:
    """Returns the page as ``list_products``. Errors: the same."""
    wanted.check()
    scopes = _scopes(wanted, sort)
    return await cached_listing(
        infra,
        ("page", wanted, page, sort),
        scopes,
        lambda: list_products(infra, wanted, page, sort),
        _dump,
        _load_page,
    )


async def product_count(infra: Infra, wanted: ProductFilter) -> int:
    """Returns the count as ``count_products``. Errors: the same."""
    wanted.check()
    scopes = _scopes(wanted, ProductSort.NEWEST)
    return await cached_listing(
        infra,
        ("count", wanted),
        scopes,
        lambda: count_products(infra, wanted),
        orjson.dumps,
        orjson.loads,
    )


async def product_facet(infra: Infra, wanted: ProductFilter, kind: FacetKind) -> Sequence[FacetValue]:
    """Returns the values as ``count_values``. Errors: the same."""
    wanted.check()
    return await cached_listing(
        infra,
        ("facet", kind, wanted),
        _scopes(wanted, ProductSort.TITLE),
        lambda: count_values(infra, wanted, kind),
        orjson.dumps,
        lambda raw: [FacetValue(**row) for row in orjson.loads(raw)],
    )


async def product_price_bands(infra: Infra, wanted: ProductFilter) -> Sequence[PriceBand]:
    """Returns the bands as ``count_price_bands``. Errors: the same."""
    wanted.check()
    return await cached_listing(
        infra,
        ("bands", wanted),
        _scopes(wanted, ProductSort.TITLE),
        lambda: count_price_bands(infra, wanted),
        orjson.dumps,
        lambda raw: [PriceBand(**row) for row in orjson.loads(raw)],
    )


def _scopes(wanted: ProductFilter, sort: ProductSort) -> tuple[str, ...]:
    """A category's own listing, newest first, changes with nothing but which products are in the category."""
    category = wanted.category_id
    if category is not None and sort is ProductSort.NEWEST and wanted == ProductFilter(category_id=category):
        return (f"list:{category.hex}", MOVED)
    below = (CATEGORIES,) if wanted.within or wanted.category_ids else ()
    return (LISTINGS, *below) if wanted.in_stock is None else (LISTINGS, *below, STOCKED)


def _dump(page: ProductPage) -> bytes:
    places = [[_plain(value) for value in place.key] for place in page.places]
    return orjson.dumps([page.has_next, page.has_previous, places])


def _load_page(raw: bytes) -> ProductPage:
    has_next, has_previous, places = orjson.loads(raw)
    keys = [tuple(_KINDS[kind](value) for kind, value in place) for place in places]
    return ProductPage([Place(key[-1], key) for key in keys], has_next, has_previous)


_KINDS: Final[dict[str, Callable[[Any], Any]]] = {
    "uuid": lambda value: UUID(hex=value),
    "datetime": datetime.fromisoformat,
    "int": int,
    "float": float,
    "str": str,
}


def _plain(value: object) -> tuple[str, object]:
    """Returns the value with its kind, as a tuple's values are of several."""
    if isinstance(value, UUID):
        return "uuid", value.hex
    if isinstance(value, datetime):
        return "datetime", value.isoformat()
    kind = type(value).__name__
    if kind not in _KINDS:
        raise TypeError(f"a place cannot be kept by a {kind}")
    return kind, value
