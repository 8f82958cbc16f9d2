"""How long a page of a listing takes, the first and the thousandth, in a catalog of many products.

The service's own verb on the database, without the cache: what a filter that nobody asked for before costs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from infra.runtime import Infra
from services.catalog.count_facets import count_facets
from services.catalog.count_products import count_products
from services.catalog.list_products import Page, ProductSort, list_products
from services.catalog.product_filter import ProductFilter

AIM_MS = 50.0
_SIZE = 20
_DEEP = 1_000
_CASES: dict[str, tuple[ProductFilter, ProductSort]] = {
    "newest": (ProductFilter(), ProductSort.NEWEST),
    "title": (ProductFilter(), ProductSort.TITLE),
    "cheapest": (ProductFilter(), ProductSort.PRICE_ASC),
    "dearest": (ProductFilter(), ProductSort.PRICE_DESC),
    "a tag": (ProductFilter(tag="wool"), ProductSort.NEWEST),
    "in stock": (ProductFilter(in_stock=True), ProductSort.NEWEST),
    "10 to 20, cheapest": (ProductFilter(min_price=Decimal(10), max_price=Decimal(20)), ProductSort.PRICE_ASC),
    "search: organic": (ProductFilter(search="organic"), ProductSort.RELEVANCE),
    "search: wool jacket": (ProductFilter(search="wool jacket"), ProductSort.RELEVANCE),
    "search: elegant": (ProductFilter(search="elegant"), ProductSort.RELEVANCE),
    "search: 防水": (ProductFilter(search="防水"), ProductSort.RELEVANCE),
    "search: seed 777": (ProductFilter(search="seed 777"), ProductSort.RELEVANCE),
    "search: wo": (ProductFilter(search="wo"), ProductSort.RELEVANCE),
    "search: wool, cheapest": (ProductFilter(search="wool"), ProductSort.PRICE_ASC),
    "search: nothing": (ProductFilter(search="zzzz"), ProductSort.RELEVANCE),
}


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds; ``products`` is how many the listing has. The deep page is the last where there are fewer."""

    name: str
    products: int
    first: tuple[float, float]
    deep: tuple[float, float]


async def measure(infra: Infra, times: int, echo: Callable[[str], None]) -> list[Timing]:
    found = []
    for name, (wanted, sort) in _CASES.items():
        echo(name)
        deep = await _deep(infra, wanted, sort)
        first = await _timed(infra, wanted, sort, Page(_SIZE), times)
        count = await count_products(infra, wanted)
        found.append(Timing(name, count, first, await _timed(infra, wanted, sort, deep, times)))
    return found


async def facets_ms(infra: Infra, wanted: ProductFilter) -> float:
    begun = time.perf_counter()
    await count_facets(infra, wanted)
    return (time.perf_counter() - begun) * 1000


async def _deep(infra: Infra, wanted: ProductFilter, sort: ProductSort) -> Page:
    """The thousandth page, found by large steps."""
    key, left = None, _SIZE * (_DEEP - 1)
    while left > 0:
        got = await list_products(infra, wanted, Page(min(left, 1_000), after=key), sort)
        if not got.has_next:
            break
        key, left = got.places[-1].key, left - len(got.places)
    return Page(_SIZE, after=key)


async def _timed(
    infra: Infra, wanted: ProductFilter, sort: ProductSort, page: Page, times: int
) -> tuple[float, float]:
    """p50 and p99."""
    seen = []
    for _ in range(times):
        begun = time.perf_counter()
        await list_products(infra, wanted, page, sort)
        seen.append((time.perf_counter() - begun) * 1000)
    seen.sort()
    return seen[len(seen) // 2], seen[min(len(seen) - 1, int(len(seen) * 0.99))]
