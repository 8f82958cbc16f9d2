"""How long a page of a listing takes, the first and the thousandth, in a catalog of many products.

The service's own verb on the database, without the cache: what a filter that nobody asked for before costs.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from math import ceil
from typing import Final
from uuid import UUID

from rich.table import Table
from sqlalchemy import select

from infra.runtime import Infra
from models import Category, Product
from services.demo.seed_products import SOLD_OUT
from services.finding.count_products import count_products
from services.finding.count_values import FacetKind, count_price_bands, count_values
from services.finding.list_products import list_products
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page, ProductSort
from services.shared.errors import NotFound

AIM_MS: Final = 50.0
_SIZE: Final = 20
_DEEP: Final = 1_000
_STEP: Final = 2_000
_PATIENCE: Final = 10.0
"""Seconds; what a server would cut off is measured too."""
Cases = dict[str, tuple[ProductFilter, ProductSort]]


@dataclass(frozen=True, slots=True)
class Timing:
    """p50 and p99 in milliseconds; ``products`` is how many the listing has. The deep page is the last where there
    are fewer.
    """

    name: str
    products: int
    first: tuple[float, float]
    deep: tuple[float, float]

    @property
    def is_within_aim(self) -> bool:
        return max(self.first[1], self.deep[1]) <= AIM_MS


@dataclass(frozen=True, slots=True)
class Counting:
    """p50 and p99 in milliseconds of a count or a facet."""

    name: str
    took: tuple[float, float]


def _cases(category: UUID, vendor: str) -> Cases:
    every = {f"all, {sort.value}": (ProductFilter(), sort) for sort in ProductSort}
    f, s = ProductFilter, ProductSort
    cheap = f(min_price=Decimal(20), max_price=Decimal("20.5"))
    free = f(min_price=Decimal("0.01"), max_price=Decimal("0.02"))
    dear = f(min_price=Decimal(490), max_price=Decimal(491))
    return {
        **every,
        "category and below, PRICE_ASC": (f(category_ids=(category,)), s.PRICE_ASC),
        "category and below, TITLE": (f(category_ids=(category,)), s.TITLE),
        "vendor, PRICE_DESC": (f(vendor=vendor), s.PRICE_DESC),
        "tag, NEWEST": (f(tag="wool"), s.NEWEST),
        "tag, PRICE_ASC": (f(tag="wool"), s.PRICE_ASC),
        "two tags, TITLE": (f(tags=("wool", "travel")), s.TITLE),
        "tag and vendor, PRICE_ASC": (f(tag="wool", vendor=vendor), s.PRICE_ASC),
        "two tags that none has both of, TITLE": (f(tags=("wool", "steel")), s.TITLE),
        "two tags that none has both of, PRICE_ASC": (f(tags=("wool", "steel")), s.PRICE_ASC),
        "0.01 to 0.02, TITLE": (free, s.TITLE),
        "0.01 to 0.02, NEWEST": (free, s.NEWEST),
        "0.01 to 0.02, PRICE_DESC": (free, s.PRICE_DESC),
        "20 to 20.50, TITLE": (cheap, s.TITLE),
        "20 to 20.50, PRICE_ASC": (cheap, s.PRICE_ASC),
        "490 to 491, PRICE_ASC": (dear, s.PRICE_ASC),
        "in stock, NEWEST": (f(in_stock=True), s.NEWEST),
        "out of stock, TITLE": (f(in_stock=False), s.TITLE),
        "tag that is sold out, in stock, TITLE": (f(tag=SOLD_OUT, in_stock=True), s.TITLE),
        "tag that is sold out, out of stock, NEWEST": (f(tag=SOLD_OUT, in_stock=False), s.NEWEST),
        "category and below, in stock, PRICE_ASC": (f(category_ids=(category,), in_stock=True), s.PRICE_ASC),
        "search: wool": (f(search="wool"), s.RELEVANCE),
        "search: wool jacket": (f(search="wool jacket"), s.RELEVANCE),
        "search: organic wool travel": (f(search="organic wool travel"), s.RELEVANCE),
        "search: the for": (f(search="the for"), s.RELEVANCE),
        "search: elegant": (f(search="elegant"), s.RELEVANCE),
        "search: 防水": (f(search="防水"), s.RELEVANCE),
        "search: 轻": (f(search="轻"), s.RELEVANCE),
        "search: wo": (f(search="wo"), s.RELEVANCE),
        "search: a": (f(search="a"), s.RELEVANCE),
        "search: seed 777": (f(search="seed 777"), s.RELEVANCE),
        "search: nothing at all": (f(search="zzzz wool"), s.RELEVANCE),
        "search: cotton steel": (f(search="cotton steel"), s.RELEVANCE),
        "search: cotton steel, PRICE_ASC": (f(search="cotton steel"), s.PRICE_ASC),
        "search: wireless organic": (f(search="wireless organic"), s.RELEVANCE),
        "search: wireless organic, TITLE": (f(search="wireless organic"), s.TITLE),
        "search: the for, PRICE_DESC": (f(search="the for"), s.PRICE_DESC),
        "search: the, 20 to 20.50, PRICE_ASC": (replace(cheap, search="the"), s.PRICE_ASC),
        "search: the, 0.01 to 0.02": (replace(free, search="the"), s.RELEVANCE),
        "search: wool, tag steel": (f(search="wool", tag="steel"), s.RELEVANCE),
        "search: wool, tag steel, TITLE": (f(search="wool", tag="steel"), s.TITLE),
        "search: wool, PRICE_ASC": (f(search="wool"), s.PRICE_ASC),
        "search: wool jacket, TITLE": (f(search="wool jacket"), s.TITLE),
        "search: wool, vendor": (f(search="wool", vendor=vendor), s.RELEVANCE),
        "search: wool, in stock": (f(search="wool", in_stock=True), s.RELEVANCE),
        "search: felt, in stock": (f(search=SOLD_OUT, in_stock=True), s.RELEVANCE),
        "search: felt, in stock, PRICE_DESC": (f(search=SOLD_OUT, in_stock=True), s.PRICE_DESC),
    }


async def measure(infra: Infra, times: int, echo: Callable[[str], None]) -> list[Timing]:
    """Errors: NotFound when there is no product."""
    infra.database.read_timeout = _PATIENCE
    if not await count_products(infra, ProductFilter()):
        raise NotFound("There is no product yet: rushcart seed --products 100000")
    found = []
    for name, (wanted, sort) in (await _some(infra)).items():
        echo(name)
        deep = await _deep(infra, wanted, sort)
        first = await _page(infra, wanted, sort, Page(_SIZE), times)
        count = await count_products(infra, wanted)
        found.append(Timing(name, count, first, await _page(infra, wanted, sort, deep, times)))
    return found


async def measure_counts(infra: Infra, times: int) -> list[Counting]:
    """What is only counted when it is asked for."""
    infra.database.read_timeout = _PATIENCE
    found = []
    for name, wanted in (
        ("all", ProductFilter()),
        ("tag", ProductFilter(tag="wool")),
        ("search: wool", ProductFilter(search="wool")),
        ("search: the", ProductFilter(search="the")),
        ("in stock", ProductFilter(in_stock=True)),
    ):
        works: dict[str, Callable[[], Awaitable[object]]] = {
            "totalCount": partial(count_products, infra, wanted),
            "price bands": partial(count_price_bands, infra, wanted),
        }
        for kind in (FacetKind.CATEGORY, FacetKind.VENDOR, FacetKind.TAG):
            works[f"facet {kind.value}"] = partial(count_values, infra, wanted, kind)
        for what, work in works.items():
            found.append(Counting(f"{name}, {what}", await _timed(work, times)))
    return found


def timings_table(timings: Sequence[Timing]) -> Table:
    table = Table("listing", title="Milliseconds")
    for name in ("products", "first p50", "p99", "1000th p50", "p99"):
        table.add_column(name, justify="right")
    for one in timings:
        style = None if one.is_within_aim else "bold red"
        table.add_row(one.name, f"{one.products:,}", *(f"{ms:.1f}" for ms in (*one.first, *one.deep)), style=style)
    return table


def counts_table(countings: Sequence[Counting]) -> Table:
    table = Table("counted when asked for", title="Milliseconds")
    for name in ("p50", "p99"):
        table.add_column(name, justify="right")
    for one in countings:
        table.add_row(one.name, *(f"{ms:.1f}" for ms in one.took))
    return table


async def _some(infra: Infra) -> Cases:
    """The cases, with a category and a vendor of this catalog."""
    category = select(Category.id).where(Category.parent_id.is_(None)).order_by(Category.id).limit(1)
    async with infra.database.read() as session:
        root = await session.scalar(category)
        vendor = await session.scalar(select(Product.vendor).where(Product.vendor != "").limit(1))
    return _cases(root or UUID(int=0), vendor or "")


async def _deep(infra: Infra, wanted: ProductFilter, sort: ProductSort) -> Page:
    """The thousandth page, found by large steps."""
    key, left = None, _SIZE * (_DEEP - 1)
    while left > 0:
        got = await list_products(infra, wanted, Page(min(left, _STEP), after=key), sort)
        if not got.has_next:
            break
        key, left = got.places[-1].key, left - len(got.places)
    return Page(_SIZE, after=key)


async def _page(
    infra: Infra, wanted: ProductFilter, sort: ProductSort, page: Page, times: int
) -> tuple[float, float]:
    return await _timed(lambda: list_products(infra, wanted, page, sort), times)


async def _timed(work: Callable[[], Awaitable[object]], times: int) -> tuple[float, float]:
    """p50 and p99."""
    seen = []
    for _ in range(times):
        begun = time.perf_counter()
        await work()
        seen.append((time.perf_counter() - begun) * 1000)
    seen.sort()
    return seen[len(seen) // 2], seen[ceil(len(seen) * 0.99) - 1]
