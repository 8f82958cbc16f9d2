"""Pages of listings and their counts, from the cache.

The key of a page holds a version of each thing that the listing depends on. A version is a random word in the
cache that a change throws away, so that every page of before is out of reach at once, and a slow filler writes
where nobody looks.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from infra.cache.dependencies import depend_on
from infra.runtime import Infra
from models.changes import CATEGORIES, LISTINGS, MOVED, STOCKED
from services.catalog.cache import COUNT_TTL, PAGE_TTL, catalog_cache
from services.catalog.count_facets import count_price_bands, count_values
from services.catalog.count_products import count_products
from services.catalog.list_products import list_products
from services.catalog.listing import Page, Place, ProductPage, ProductSort
from services.catalog.product_filter import ProductFilter
from services.search.port import FacetKind, FacetValue, PriceBand

T = TypeVar("T")

_WORD: Final = 8


async def product_page(
    infra: Infra, wanted: ProductFilter, page: Page, sort: ProductSort = ProductSort.NEWEST
) -> ProductPage:
    """As ``list_products``. Errors: the same."""
    wanted.check()
    scopes = _scopes(wanted, sort)
    return await cached_listing(
        infra,
        ("page", wanted, page, sort),
        scopes,
        lambda: list_products(infra, wanted, page, sort),
        _dump,
        _load,
    )


async def product_count(infra: Infra, wanted: ProductFilter) -> int:
    """As ``count_products``. Errors: the same."""
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
    """As ``count_values``. Errors: the same."""
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
    """As ``count_price_bands``. Errors: the same."""
    wanted.check()
    return await cached_listing(
        infra,
        ("bands", wanted),
        _scopes(wanted, ProductSort.TITLE),
        lambda: count_price_bands(infra, wanted),
        orjson.dumps,
        lambda raw: [PriceBand(**row) for row in orjson.loads(raw)],
    )


async def cached_listing(
    infra: Infra,
    question: object,
    scopes: Sequence[str],
    read: Callable[[], Awaitable[T]],
    dump: Callable[[T], bytes],
    load: Callable[[bytes], T],
) -> T:
    """``question`` says by its repr what is asked; a change of the tags ``scopes`` makes the answer another."""
    is_count = STOCKED in scopes
    if is_count:
        depend_on((), at_most=COUNT_TTL)
    words = await catalog_cache(infra).get_many(scopes, _new_words, bytes)
    versions = b"".join(words[scope] for scope in scopes)
    key = f"page:{blake2b(repr(question).encode() + versions, digest_size=16).hexdigest()}"

    async def fill(keys: Sequence[str]) -> dict[str, bytes]:
        return dict.fromkeys(keys, dump(await read()))

    # In a tuple: None is an answer too.
    cache = catalog_cache(infra, COUNT_TTL if is_count else PAGE_TTL)
    found = await cache.get_many([key], fill, lambda raw: (load(raw),))
    [answer] = found[key]
    return answer


async def _new_words(scopes: Sequence[str]) -> dict[str, bytes]:
    return {scope: os.urandom(_WORD) for scope in scopes}


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


def _load(raw: bytes) -> ProductPage:
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
    """The value with its kind, as a tuple's values are of several."""
    if isinstance(value, UUID):
        return "uuid", value.hex
    if isinstance(value, datetime):
        return "datetime", value.isoformat()
    kind = type(value).__name__
    if kind not in _KINDS:
        raise TypeError(f"a place cannot be kept by a {kind}")
    return kind, value
