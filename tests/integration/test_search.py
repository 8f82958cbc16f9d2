"""Products are found by their words, in any script, by what they are, and page by page in every order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, repeat
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Category, ProductStatus
from services.catalog.changes import ProductChange, VariantChange
from services.catalog.count_facets import count_price_bands, count_values
from services.catalog.count_products import count_products
from services.catalog.create_product import create_product
from services.catalog.drafts import ProductDraft, VariantDraft
from services.catalog.list_products import list_products
from services.catalog.listing import Page, ProductSort
from services.catalog.product_filter import ProductFilter
from services.catalog.read_products import read_products
from services.catalog.update_product import update_product
from services.search.database import limits
from services.search.port import FacetKind
from services.search.write_rows import DOCUMENTS, LISTINGS, POSTINGS, TEXTS

ORDERS = tuple(ProductSort)


@pytest.fixture(params=["few", "sparse", "common"])
def how_common(request: pytest.FixtureRequest, infra: Infra, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways of a search: candidates are few; too many to look at each, but up to two match; or many do.

    It is about what is found, on a busy machine too, and not about how soon.
    """
    monkeypatch.setattr(infra.database, "read_timeout", 10.0)
    if request.param != "few":
        monkeypatch.setattr(limits, "FEW", 0)
        monkeypatch.setattr(limits, "SPARSE", 2 if request.param == "sparse" else 0)
        monkeypatch.setattr(limits, "MOST_STREAMS", 1)
    return str(request.param)


def variant(price: str = "5.00", quantity: int = 1, currency: str = "EUR") -> VariantDraft:
    return VariantDraft(f"S{new_id().hex}", Decimal(price), currency, quantity, "x")


async def make(infra: Infra, title: str, *variants: VariantDraft, **more: Any) -> UUID:
    draft = ProductDraft(title, variants or [variant()], slug=f"p-{new_id().hex}", **more)
    return (await create_product(infra, draft, "test")).id


async def found(infra: Infra, sort: ProductSort = ProductSort.RELEVANCE, **wanted: Any) -> list[UUID]:
    """In order; the count, and the same backwards and in small pages."""
    asked = ProductFilter(**wanted)
    page = await list_products(infra, asked, Page(100), sort)
    ids = [place.product_id for place in page.places]
    assert len(set(ids)) == len(ids) == await count_products(infra, asked)
    assert await walk(infra, asked, sort, 2, backwards=False) == ids
    assert await walk(infra, asked, sort, 2, backwards=True) == ids
    return ids


async def walk(infra: Infra, asked: ProductFilter, sort: ProductSort, size: int, *, backwards: bool) -> list[UUID]:
    seen: list[UUID] = []
    key = None
    while True:
        page = Page(size, before=key, backwards=True) if backwards else Page(size, after=key)
        got = await list_products(infra, asked, page, sort)
        ids = [place.product_id for place in got.places]
        seen = ids + seen if backwards else seen + ids
        if not (got.has_previous if backwards else got.has_next):
            return seen
        key = got.places[0 if backwards else -1].key


async def test_english_accented_and_chinese_words_alike(infra: Infra, how_common: str) -> None:
    cafe = await make(infra, "Café Crème mug", vendor="Łódź")
    coat = await make(infra, "防水外套", description="<p>轻便的&nbsp;外衣</p>")
    shirt = await make(infra, "Straße T-Shirt", tags=["summer sale"], description="<b>Breathable</b> cloth")
    for text, products in (
        ("cafe", [cafe]),
        ("CRÈME", [cafe]),
        ("ｃｒｅｍｅ cafe", [cafe]),
        ("lodz", [cafe]),
        ("防水", [coat]),
        ("水", [coat]),
        ("水外套", [coat]),
        ("轻便", [coat]),
        ("防外", []),
        ("防水 轻便的", [coat]),
        ("strasse shirt", [shirt]),
        ("tshirt", [shirt]),
        ("sum", [shirt]),
        ("str sum", [shirt]),
        ("summer cafe", []),
        ("breathab", [shirt]),
        ("breathing", []),
        ("clot", []),
        ("cloth", [shirt]),
        ("nbsp", []),
        ("p", []),
        ("%", []),
        ("!!! 🛒", []),
        ("s" * 200, []),
    ):
        for sort in ORDERS:
            assert await found(infra, sort, search=text) == products, (text, sort)
    assert await found(infra, search="   ") == [shirt, coat, cafe]


async def test_the_best_match_comes_first(infra: Infra) -> None:
    described = await make(infra, "Box", description="for a lamp")
    vendor = await make(infra, "Shade", vendor="Lamp")
    begun = await make(infra, "Lampoon")
    title = await make(infra, "Lamp")
    both = await make(infra, "Lamp", vendor="Lamp", tags=["lamp"])
    later = await make(infra, "Floor lamp")
    assert await found(infra, search="lamp") == [both, title, later, begun, vendor, described]
    assert await found(infra, search="floor lamp") == [later]
    apart = await make(infra, "Lamp for the floor")
    assert await found(infra, search="floor lamp") == [later, apart]


async def test_the_best_match_comes_first_of_common_words_too(infra: Infra, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "FEW", 0)
    described = await make(infra, "Red box", description="for a lamp")
    vendor = await make(infra, "Red shade", vendor="Lamp")
    begun = await make(infra, "Lampoon red")
    title = await make(infra, "Lamp red")
    assert await found(infra, search="lamp") == [title, begun, vendor, described]
    assert await found(infra, search="red lamp") == [title, begun, vendor, described]
    # A word of the title that only begins alike is none of it.
    longer = await make(infra, "Internal", description="internet")
    assert await found(infra, search="internet") == [longer]


async def category(infra: Infra, parent_id: UUID | None = None) -> UUID:
    row = Category(id=new_id(), slug=new_id().hex, name="c", parent_id=parent_id)
    async with infra.database.write() as session:
        session.add(row)
    return row.id


async def test_filters_alone_and_together(infra: Infra, how_common: str) -> None:
    top = await category(infra)
    below = await category(infra, top)
    deep, other = await category(infra, below), await category(infra)
    a = await make(infra, "A", variant("10"), category_id=top, vendor="Ünal", tags=["new", "wool"])
    b = await make(infra, "B", variant("20", 0), category_id=deep, vendor="Bo", tags=["New"])
    c = await make(infra, "C", variant("5"), variant("50"), category_id=other, vendor="ünal", tags=["wool"])
    d = await make(infra, "D", variant("20"), status=ProductStatus.DRAFT, tags=["new"])
    for wanted, products in (
        ({"category_id": top}, [a]),
        ({"category_ids": (top,)}, [a, b]),
        ({"category_ids": (top, other)}, [a, b, c]),
        ({"category_ids": (new_id(),)}, []),
        ({"category_ids": (top,), "category_id": deep}, [b]),
        ({"within": top}, [a, b]),
        ({"within": below, "category_ids": (top,)}, [b]),
        ({"within": below, "category_ids": (other,)}, []),
        ({"vendor": "ÜNAL"}, [a, c]),
        ({"vendors": ("ünal", "Bo", "Bo")}, [a, b, c]),
        ({"vendor": "Unal"}, []),
        ({"tag": "NEW"}, [a, b]),
        ({"tags": ("new", "wool")}, [a]),
        ({"tag": "wool", "vendors": ("Bo", "ünal"), "category_ids": (other,)}, [c]),
        ({"in_stock": True}, [a, c]),
        ({"in_stock": False, "tag": "new"}, [b]),
        ({"min_price": Decimal("20.01")}, [c]),
        ({"min_price": Decimal(20)}, [b, c]),
        ({"max_price": Decimal("9.99")}, [c]),
        ({"min_price": Decimal(6), "max_price": Decimal(10), "search": "wool"}, [a, c]),
        ({"min_price": Decimal(30), "max_price": Decimal(20)}, [c]),
        ({"statuses": tuple(sorted(ProductStatus)), "tag": "new"}, [a, b, d]),
        ({"statuses": (ProductStatus.DRAFT,), "search": "new"}, [d]),
        ({"statuses": tuple(sorted(ProductStatus)), "search": "new", "min_price": Decimal(15)}, [b, d]),
        ({"statuses": ()}, []),
        ({"search": "new", "in_stock": False}, [b]),
        ({"search": "wool ünal", "category_ids": (other,)}, [c]),
    ):
        assert await found(infra, ProductSort.TITLE, **wanted) == products, wanted
        assert await found(infra, ProductSort.NEWEST, **wanted) == products[::-1], wanted
        for sort in ORDERS:
            assert sorted(await found(infra, sort, **wanted)) == products, (wanted, sort)


async def test_titles_are_sorted_alike_in_all_databases(infra: Infra) -> None:
    titles = ["Zebra", "apple", "Äpfel", "Apple pie", "étui", "Eta", "衬衫", "中", "10 cups", "  Banana", "🎉"]
    made = [await make(infra, title) for title in titles]
    shown = [titles[made.index(id_)] for id_ in await found(infra, ProductSort.TITLE)]
    order = ["10 cups", "Äpfel", "apple", "Apple pie", "  Banana", "Eta", "étui", "Zebra", "中", "衬衫", "🎉"]
    assert shown == order


async def test_prices_are_sorted_by_amount_in_any_currency(infra: Infra) -> None:
    yen = await make(infra, "A", variant("900", currency="JPY"))
    dinar = await make(infra, "B", variant("1.500", currency="KWD"))
    euro = await make(infra, "C", variant("12.00"), variant("1.49"))
    assert await found(infra, ProductSort.PRICE_ASC) == [euro, dinar, yen]
    assert await found(infra, ProductSort.PRICE_DESC) == [yen, dinar, euro]


async def test_a_change_is_found_at_once(infra: Infra) -> None:
    draft = ProductDraft("Old name", [variant()], tags=["one"])
    made = await create_product(infra, draft, "test")
    change = ProductChange(made.id, 1, title="New name", tags=["two"], status=ProductStatus.DRAFT)
    await update_product(infra, change)
    drafts = (ProductStatus.DRAFT,)
    assert await found(infra, search="name") == await found(infra, tag="one", statuses=drafts) == []
    assert await found(infra, search="name", statuses=drafts) == await found(infra, tag="two", statuses=drafts)
    assert await found(infra, tag="two", statuses=drafts) == [made.id]


ANY_TEXT = st.one_of(
    st.text(max_size=200),
    st.text(st.sampled_from("ab %_'\"\\;-*()?+~<>@^$水红 é"), max_size=60),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT, sort=st.sampled_from(ORDERS))
async def test_no_text_breaks_the_search(infra: Infra, how_common: str, text: str, sort: ProductSort) -> None:
    plain = "".join(c for c in text if c.isprintable())
    wanted = ProductFilter(search=plain)
    page = await list_products(infra, wanted, Page(3), sort)
    assert (len(page.places), await count_products(infra, wanted)) == (0, 0)


# ------------------------------------------------------------------------------------- pages while others come


WORDS = ("red", "lamp", "laminate", "internet", "灯", "tablé")
Shopping = tuple[ProductSort, ProductFilter]
ASKED: Sequence[Shopping] = (
    *((sort, ProductFilter()) for sort in ProductSort),
    *((sort, ProductFilter(tag="t1")) for sort in ProductSort),
    *((ProductSort.RELEVANCE, ProductFilter(search=text)) for text in ("red", "lam", "red la", "灯", "internet")),
    (ProductSort.PRICE_DESC, ProductFilter(search="la", tags=("t0",), in_stock=True)),
    (ProductSort.RELEVANCE, ProductFilter(search="red lamp", min_price=Decimal(2))),
)


def drafts(low: int, high: int) -> st.SearchStrategy[list[ProductDraft]]:
    text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
    price = st.integers(1, 4).map(str)
    return st.lists(
        st.builds(
            lambda title, body, cost, tag, count: ProductDraft(
                title, [variant(cost, count)], description=body, tags=[f"t{tag}"]
            ),
            text, text, price, st.integers(0, 1), st.integers(0, 1),
        ),
        min_size=low,
        max_size=high,
    )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What happens between two pages: these come, and one of those of before is changed."""

    come: list[ProductDraft]
    changed: int | None
    price: int


STEPS = st.lists(st.builds(Step, drafts(0, 2), st.none() | st.integers(0, 7), st.integers(1, 9)), max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=drafts(3, 8), listing=st.sampled_from(ASKED), backwards=st.booleans(), steps=STEPS)
async def test_pages_hold_each_product_once_while_others_come_and_change(
    infra: Infra,
    how_common: str,
    before: list[ProductDraft],
    listing: Shopping,
    backwards: bool,
    steps: list[Step],
) -> None:
    """In both directions, what was there all the time, and as it was, is seen once and in its order."""
    await forget_all(infra)
    for draft in before:
        await create_product(infra, unused(draft), "test")
    sort, wanted = listing
    at_first = [place.product_id for place in (await list_products(infra, wanted, Page(100), sort)).places]
    changed: set[UUID] = set()
    seen: list[UUID] = []
    key = None
    for step in chain(steps, repeat(Step([], None, 1))):
        page = Page(2, before=key, backwards=True) if backwards else Page(2, after=key)
        got = await list_products(infra, wanted, page, sort)
        ids = [place.product_id for place in got.places]
        seen = ids + seen if backwards else seen + ids
        for draft in step.come:
            await create_product(infra, unused(draft), "test")
        if step.changed is not None and at_first:
            changed.add(await change(infra, at_first[step.changed % len(at_first)], step.price))
        if not (got.has_previous if backwards else got.has_next):
            break
        key = got.places[0 if backwards else -1].key
    stayed = [id_ for id_ in at_first if id_ not in changed]
    assert [id_ for id_ in seen if id_ in set(stayed)] == stayed


def unused(draft: ProductDraft) -> ProductDraft:
    """A SKU is taken for ever, and an example is run again."""
    return replace(draft, variants=[replace(one, sku=new_id().hex) for one in draft.variants])


async def forget_all(infra: Infra) -> None:
    """Products of before are in no listing any more."""

    async def work(session: AsyncSession) -> None:
        for table in (POSTINGS, LISTINGS, DOCUMENTS, TEXTS):
            await session.execute(delete(table))

    await infra.database.transact(work)


async def change(infra: Infra, product_id: UUID, price: int) -> UUID:
    [product] = await read_products(infra, [product_id])
    variants = [VariantChange(product.variants[0].id, price=Decimal(price))]
    await update_product(
        infra, ProductChange(product_id, product.version, title=f"Changed lamp {price}", variants=variants)
    )
    return product_id


# ------------------------------------------------------------------------------------------------------ facets


async def values(infra: Infra, kind: FacetKind, **wanted: Any) -> list[tuple[str, int]]:
    return [(one.value, one.count) for one in await count_values(infra, ProductFilter(**wanted), kind)]


async def test_facets_count_with_the_rest_of_the_filter(infra: Infra, how_common: str) -> None:
    shelf, other = await category(infra), await category(infra)
    await make(infra, "Red lamp", variant("9.99"), vendor="A", tags=["wool", "new"], category_id=shelf)
    await make(infra, "Blue lamp", variant("10"), vendor="B", tags=["wool"], category_id=shelf)
    await make(
        infra, "Chair", variant("30000", currency="JPY"), vendor="b", tags=["new", "New"], category_id=other
    )
    await make(infra, "Lamp", vendor="A", status=ProductStatus.DRAFT)
    await make(infra, "Bare", variant("2000000"))
    assert await values(infra, FacetKind.VENDOR) == [("B", 2), ("A", 1)]
    assert await values(infra, FacetKind.TAG) == [("new", 2), ("wool", 2)]
    assert await values(infra, FacetKind.CATEGORY) == [(shelf.hex, 2), (other.hex, 1)]
    assert await values(infra, FacetKind.VENDOR, search="lamp", vendor="B") == [("A", 1), ("B", 1)]
    assert await values(infra, FacetKind.TAG, search="lamp", vendor="B", tag="new") == [("wool", 1)]
    assert await values(infra, FacetKind.CATEGORY, category_id=other, max_price=Decimal("9.98")) == []
    assert await values(infra, FacetKind.CATEGORY, category_id=other, max_price=Decimal("9.99")) == [
        (shelf.hex, 1)
    ]
    assert await values(infra, FacetKind.VENDOR, search="nothing") == []
    assert await values(infra, FacetKind.VENDOR, statuses=tuple(sorted(ProductStatus))) == [("A", 2), ("B", 2)]
    bands = [
        (band.low, band.high, band.currency, band.count)
        for band in await count_price_bands(infra, ProductFilter(min_price=Decimal(10)))
    ]
    assert bands == [
        (0, 10, "EUR", 1),
        (10, 20, "EUR", 1),
        (2_000_000, 5_000_000, "EUR", 1),
        (20_000, 50_000, "JPY", 1),
    ]


@pytest.mark.parametrize("stocked", [True, False])
async def test_what_is_in_stock_and_what_is_not(
    infra: Infra, monkeypatch: pytest.MonkeyPatch, stocked: bool
) -> None:
    """With each other condition, and as it is counted."""
    monkeypatch.setattr(limits, "FEW", 0)
    few, many = (1, 0) if stocked else (0, 1)
    first = await make(infra, "Wool hat", variant(quantity=few), variant(quantity=0), tags=["new"])
    second = await make(infra, "Silk hat", variant("9.00", few), vendor="acme")
    draft = await make(infra, "Wool coat", variant(quantity=few), status=ProductStatus.DRAFT)
    for number in range(5):
        await make(infra, f"Wool sock {number}", variant("7.00", many), tags=["new"])
    assert await found(infra, in_stock=stocked) == [second, first]
    assert await found(infra, in_stock=stocked, tag="new") == [first]
    assert await found(infra, in_stock=stocked, vendor="acme") == [second]
    assert await found(infra, in_stock=stocked, search="wool") == [first]
    assert await found(infra, in_stock=stocked, search="wool", tag="new") == [first]
    assert await found(infra, in_stock=stocked, min_price=Decimal(8)) == [second]
    everything = tuple(ProductStatus)
    assert set(await found(infra, in_stock=stocked, statuses=everything)) == {first, second, draft}
    assert await count_products(infra, ProductFilter(in_stock=stocked)) == 2
    assert await count_products(infra, ProductFilter(in_stock=stocked, search="wool")) == 1
    assert await values(infra, FacetKind.TAG, in_stock=stocked) == [("new", 1)]
    assert await values(infra, FacetKind.TAG, in_stock=not stocked) == [("new", 5)]
    assert await values(infra, FacetKind.VENDOR, in_stock=stocked, search="hat") == [("acme", 1)]
    bands = await count_price_bands(infra, ProductFilter(in_stock=not stocked))
    assert [(band.low, band.count) for band in bands] == [(0, 5)]
