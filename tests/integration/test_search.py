"""Products are found by their words: in any script, by beginnings, the best first, page by page."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from infra.runtime import Infra
from models import Product, SearchPosting
from services.catalog.count_facets import count_facets, dump_facets, load_facets
from services.catalog.count_products import count_products
from services.catalog.create_product import create_product
from services.catalog.drafts import ProductDraft, VariantDraft
from services.catalog.list_products import Page, ProductSort, list_products
from services.catalog.product_filter import ProductFilter
from services.search.reindex import index_missing, reindex
from services.search.words_index import WordsIndex

PUBLISHED = ProductFilter().statuses


async def make(infra: Infra, title: str, **more: Any) -> UUID:
    sku = f"S{len(title)}-{abs(hash((title, str(more)))) % 10**12}"
    variant = VariantDraft(sku=sku, price=Decimal("5.00"), currency="EUR", quantity=1, title="x")
    made = await create_product(infra, ProductDraft(title=title, variants=[variant], **more), "test")
    return made.id


async def found(infra: Infra, text: str, sort: ProductSort = ProductSort.RELEVANCE, limit: int = 50) -> list[UUID]:
    wanted = ProductFilter(search=text)
    page = await list_products(infra, wanted, Page(limit), sort)
    assert await count_products(infra, wanted) == len(page.places)
    return [place.product_id for place in page.places]


async def test_english_accented_and_chinese_words_alike(infra: Infra) -> None:
    cafe = await make(infra, "Café Crème mug", vendor="Łódź")
    coat = await make(infra, "防水外套", description="<p>轻便的外套</p>")
    shirt = await make(infra, "Straße T-Shirt", tags=["summer sale"])
    for text, products in (
        ("cafe", [cafe]),
        ("CRÈME", [cafe]),
        ("creme cafe", [cafe]),
        ("lodz", [cafe]),
        ("防水", [coat]),
        ("水", [coat]),
        ("外套", [coat]),
        ("轻便", [coat]),
        ("防外", []),
        ("strasse shirt", [shirt]),
        ("sum", [shirt]),
        (" sum ", [shirt]),
        ("summer cafe", []),
        ("p", []),
        ("%", []),
        ("!!! 🛒", []),
        ("shi", [shirt]),
        ("s" * 200, []),
    ):
        assert await found(infra, text) == products, text
        assert await found(infra, text, ProductSort.NEWEST) == products, text
    everything = await found(infra, "   ")
    assert everything == [shirt, coat, cafe]


async def test_the_best_match_comes_first(infra: Infra) -> None:
    described = await make(infra, "Box", description="for a lamp")
    vendor = await make(infra, "Shade", vendor="Lamp")
    title = await make(infra, "Lamp")
    both = await make(infra, "Lamp", vendor="Lamp", tags=["lamp"])
    newer = await make(infra, "Floor lamp")
    assert await found(infra, "lamp") == [both, newer, title, vendor, described]
    assert await found(infra, "lam") == [both, newer, title, vendor, described]
    assert await found(infra, "floor lamp") == [newer]


async def test_the_index_follows_every_change(infra: Infra) -> None:
    product = await make(infra, "Old name", tags=["one"])

    async def rename(session: Any) -> None:
        row = await session.get(Product, product)
        row.title, row.tags = "New name", ["two"]

    await infra.database.transact(rename)
    assert (await found(infra, "old"), await found(infra, "new")) == ([], [product])
    tagged = [
        [place.product_id for place in (await list_products(infra, ProductFilter(tag=tag), Page(9))).places]
        for tag in ("one", "two", "Two")
    ]
    assert tagged == [[], [product], []]


async def test_what_is_missing_is_indexed(infra: Infra) -> None:
    products = [await make(infra, f"Thing {number}") for number in range(3)]
    await infra.database.transact(lambda session: session.execute(delete(SearchPosting)))
    assert await found(infra, "thing") == []
    assert await index_missing(infra) == 3
    assert await index_missing(infra) == 0
    assert await found(infra, "thing") == products[::-1]
    assert await reindex(infra) == 3
    async with infra.database.read() as session:
        terms = await session.scalars(select(SearchPosting.term).where(SearchPosting.product_id == products[0]))
        assert set(terms) >= {"thing", "0"}


WORDS = ("red", "blue", "lamp", "laminate", "灯", "tablé")


@pytest.mark.parametrize("text", ["lam", "red lamp", "灯", "la", "red"])
async def test_pages_hold_each_product_once_while_others_come(infra: Infra, text: str) -> None:
    titles = [" ".join(WORDS[i % len(WORDS)] for i in (n, n * 2 + 1, n // 3)) for n in range(24)]
    before = [await make(infra, f"{title} {n}") for n, title in enumerate(titles)]
    expected = [id_ for id_ in await found(infra, text, limit=100) if id_ in before]
    for backwards in (False, True):
        seen: list[UUID] = []
        key = None
        for step in range(100):
            page = Page(3, before=key, backwards=True) if backwards else Page(3, after=key)
            got = await list_products(infra, ProductFilter(search=text), page, ProductSort.RELEVANCE)
            ids = [place.product_id for place in got.places]
            seen = ids + seen if backwards else seen + ids
            await make(infra, f"{text} lamp red 灯 {backwards} {step}")
            if not (got.has_previous if backwards else got.has_next):
                break
            key = got.places[0 if backwards else -1].key
        assert [id_ for id_ in seen if id_ in before] == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
async def test_no_text_breaks_the_search(infra: Infra, text: str) -> None:
    async with infra.database.read() as session:
        matches = await WordsIndex().prepare(session, text)
        await session.execute(select(Product.id).where(matches.condition()))
        ranked = matches.ranked(7)
        await session.execute(select(ranked.score).select_from(ranked.source).where(*ranked.conditions))


async def test_facets_count_the_rest_of_the_filter(infra: Infra) -> None:
    await make(infra, "Red lamp", vendor="A", tags=["wool", "new"])
    await make(infra, "Blue lamp", vendor="B", tags=["wool"])
    await make(infra, "Chair", vendor="B", tags=["new"])
    whole = await count_facets(infra, ProductFilter())
    assert whole.vendors == [("B", 2), ("A", 1)]
    assert whole.tags == [("new", 2), ("wool", 2)]
    assert [(band.low, band.high, band.count) for band in whole.bands] == [(0, 1000, 3)]
    lamps = await count_facets(infra, ProductFilter(search="lamp", vendor="B", tag="new"))
    assert lamps.vendors == [("A", 1)]
    assert lamps.tags == [("wool", 1)]
    assert lamps.bands == []
    assert (await count_facets(infra, ProductFilter(search="nothing"))).vendors == []
    assert load_facets(dump_facets(whole)) == whole
