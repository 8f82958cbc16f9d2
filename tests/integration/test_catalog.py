"""The catalog on real stores: create, import, list, load; the cache in front of it."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, update

from dataloaders import Loaders
from infra.ids import new_id
from infra.redis import RedisStore
from infra.runtime import Infra
from models import Category, Image, Product, StockEntry, StockLevel, Variant
from models.documents import ProductDoc, product_key
from services.catalog.count_products import count_products
from services.catalog.create_product import create_product
from services.catalog.drafts import ImageDraft, ProductDraft, VariantDraft
from services.catalog.import_products import ImportRefused, ImportReport, import_products
from services.catalog.list_categories import list_categories
from services.catalog.list_products import list_products
from services.catalog.listing import Key, Page, ProductPage, ProductSort
from services.catalog.product_filter import ProductFilter
from services.catalog.shopify_csv import ParsedFile, check_shopify_csv
from services.catalog.shopify_rows import RowProblem
from services.errors import InvalidInput, SlugTaken

EXAMPLE = Path(__file__).parents[2] / "examples" / "apparel.csv"
NO_FILTER = ProductFilter()


def variant(sku: str = "SKU-1", price: str = "19.90", currency: str = "EUR", quantity: int = 5) -> VariantDraft:
    return VariantDraft(sku, Decimal(price), currency, quantity)


def draft(title: str = "Shirt", *variants: VariantDraft, **other: Any) -> ProductDraft:
    return replace(ProductDraft(title, variants or (variant(),)), **other)


async def create(infra: Infra, title: str, sku: str, price: str = "10", **other: Any) -> ProductDoc:
    quantity = other.pop("quantity", 5)
    return await create_product(infra, draft(title, variant(sku, price, quantity=quantity), **other), "test")


async def run_import(infra: Infra, text: str, currency: str = "USD") -> ImportReport:
    return await import_products(infra, parsed(text, currency), "test")


def parsed(text: str, currency: str = "USD") -> ParsedFile:
    return check_shopify_csv(lambda: io.StringIO(text, newline=""), currency)


async def count(infra: Infra, table: type) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def counts(infra: Infra) -> dict[str, int]:
    return {
        table.__name__: await count(infra, table) for table in (Product, Variant, Image, StockLevel, StockEntry)
    }


@contextmanager
def statements(infra: Infra) -> Iterator[list[str]]:
    """The SQL that is run inside the block, without the transactions' own."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    engine = infra.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def of_the_index(seen: list[str]) -> list[str]:
    """The statements that keep the index of listings and searches."""
    tables = ("term_postings", "search_texts", "search_documents", "product_listings", "listing_names")
    return [statement for statement in seen if any(table in statement for table in tables)]


@asynccontextmanager
async def without_redis(infra: Infra) -> AsyncIterator[Infra]:
    """The same stores, but nobody answers where Redis should be."""
    redis = RedisStore("redis://127.0.0.1:1/0", timeout=infra.settings.store_timeout)
    yield replace(infra, redis=redis)
    await redis.close()


# ------------------------------------------------------------------------------------------ create


async def test_a_product_is_created_whole(infra: Infra) -> None:
    category = Category(id=new_id(), slug="shirts", name="Shirts", parent_id=None)
    async with infra.database.write() as session:
        session.add(category)
    made = await create_product(
        infra,
        draft(
            "  Été à Nîmes ",
            variant("A", "19.90"),
            variant("B", "5", quantity=0),
            description="<p>\n</p>",
            vendor="Acme",
            tags=["x", "x", "红"],
            category_id=category.id,
            images=[ImageDraft("https://x.test/1.jpg", "front")],
        ),
        "user:1",
    )
    assert (made.title, made.slug, made.vendor, made.tags) == ("Été à Nîmes", "ete-a-nimes", "Acme", ("x", "红"))
    assert (made.min_price, made.max_price, made.currency) == (500, 1990, "EUR")
    assert [(v.sku, v.title, v.price) for v in made.variants] == [
        ("A", "Été à Nîmes", 1990),
        ("B", "Été à Nîmes", 500),
    ]
    async with infra.database.read() as session:
        levels = {level.sku: level for level in await session.scalars(select(StockLevel))}
        entries = {entry.sku: entry for entry in await session.scalars(select(StockEntry))}
    assert {sku: (level.on_hand, level.available, level.held) for sku, level in levels.items()} == {
        "A": (5, 5, 0),
        "B": (0, 0, 0),
    }
    assert (entries["A"].cause, entries["A"].on_hand, entries["A"].available) == ("RECEIVED", 5, 5)
    assert entries["A"].actor == "user:1"
    await infra.redis.client.flushdb()
    assert await Loaders(infra).product_by_id.load(made.id) == made


async def test_every_fault_of_a_draft_is_named_and_nothing_is_kept(infra: Infra) -> None:
    wrong = draft(
        " ",
        variant("A B", "1.999"),
        variant("C", "-1", quantity=-1),
        variant("C", "1", quantity=10**9 + 1),
        variant("{D}", "1", "JPY"),
        variant("E\n", "1", "XXX"),
        slug="Not A Slug",
        description="\x00",
        vendor="v" * 256,
        tags=["ok", ""],
        images=[ImageDraft("ftp://x.test/1")],
    )
    with pytest.raises(InvalidInput) as raised:
        await create_product(infra, wrong, "test")
    assert [problem.path for problem in raised.value.problems] == [
        ("input", "title"),
        ("input", "slug"),
        ("input", "description"),
        ("input", "vendor"),
        ("input", "tags", "1"),
        ("input", "imageUrls", "0"),
        ("input", "variants", "0", "sku"),
        ("input", "variants", "0", "price"),
        ("input", "variants", "1", "quantity"),
        ("input", "variants", "1", "price"),
        ("input", "variants", "2", "quantity"),
        ("input", "variants", "2", "sku"),
        ("input", "variants", "3", "sku"),
        ("input", "variants", "3", "currencyCode"),
        ("input", "variants", "4", "sku"),
        ("input", "variants", "4", "currencyCode"),
    ]
    with pytest.raises(InvalidInput, match=r"input\.variants: at least one"):
        await create_product(infra, ProductDraft("A", ()), "test")
    with pytest.raises(InvalidInput, match=r"input\.categoryId: there is no such category"):
        await create_product(infra, draft(category_id=new_id()), "test")
    assert set((await counts(infra)).values()) == {0}


async def test_a_title_without_latin_letters_still_gives_a_slug(infra: Infra) -> None:
    made = await create(infra, "红色衬衫", "A")
    assert made.slug == f"product-{made.id.hex[-12:]}"
    assert await Loaders(infra).product_id_by_slug.load(made.slug) == made.id


async def test_a_slug_that_is_taken_is_refused_when_asked_for_and_avoided_when_made(infra: Infra) -> None:
    first = await create(infra, "Shirt", "A")
    with pytest.raises(SlugTaken) as raised:
        await create(infra, "Other", "B", slug="shirt")
    assert raised.value.slug == "shirt"
    second = await create(infra, "Shirt", "B")
    assert (first.slug, second.slug) == ("shirt", f"shirt-{second.id.hex[-12:]}")


async def test_of_racing_creators_of_a_sku_one_wins(infra: Infra) -> None:
    racers = [create_product(infra, draft(f"T{n}", variant("ONE"), variant(f"OWN-{n}")), "test") for n in range(5)]
    outcomes = await asyncio.gather(*racers, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ProductDoc", *["SkuTaken"] * 4]
    assert await counts(infra) == {"Product": 1, "Variant": 2, "Image": 0, "StockLevel": 2, "StockEntry": 2}


async def test_skus_differ_by_case(infra: Infra) -> None:
    await create(infra, "A", "sku")
    made = await create(infra, "B", "SKU")
    found = await Loaders(infra).variant_by_sku.load("SKU")
    assert found is not None
    assert found.product_id == made.id


# ------------------------------------------------------------------------------------------ list


async def walk(infra: Infra, sort: ProductSort, size: int, wanted: ProductFilter = NO_FILTER) -> list[UUID]:
    found: list[UUID] = []
    after: Key | None = None
    while True:
        page = await list_products(infra, wanted, Page(size, after=after), sort)
        found += [place.product_id for place in page.places]
        assert page.has_previous is (after is not None)
        if not page.has_next:
            return found
        after = page.places[-1].key


async def walk_back(infra: Infra, sort: ProductSort, size: int) -> list[UUID]:
    found: list[UUID] = []
    before: Key | None = None
    while True:
        page = await list_products(infra, NO_FILTER, Page(size, before=before, backwards=True), sort)
        found = [place.product_id for place in page.places] + found
        assert page.has_next is (before is not None)
        if not page.has_previous:
            return found
        before = page.places[0].key


async def test_pages_in_every_order_both_ways(infra: Infra) -> None:
    # Titles and prices that are equal: the id decides between them.
    made = [await create(infra, f"T{n % 3}", f"S{n}", str(n % 4)) for n in range(11)]
    orders: dict[ProductSort, list[ProductDoc]] = {
        ProductSort.NEWEST: made[::-1],
        ProductSort.TITLE: sorted(made, key=lambda p: (p.title, p.id)),
        ProductSort.PRICE_ASC: sorted(made, key=lambda p: (p.min_price, p.id)),
        ProductSort.PRICE_DESC: sorted(made, key=lambda p: (p.min_price, p.id), reverse=True),
        ProductSort.RELEVANCE: made[::-1],
    }
    for sort, expected in orders.items():
        ids = [product.id for product in expected]
        for size in (1, 3, 11, 20):
            assert await walk(infra, sort, size) == ids, sort
            assert await walk_back(infra, sort, size) == ids, sort


async def test_a_page_is_stable_while_products_come(infra: Infra) -> None:
    made = [await create(infra, f"T{n}", f"S{n}") for n in range(4)]
    page = await list_products(infra, NO_FILTER, Page(2), ProductSort.NEWEST)
    await create(infra, "Newer", "S9")
    rest = await list_products(infra, NO_FILTER, Page(2, after=page.places[-1].key), ProductSort.NEWEST)
    assert ids_of(page) + ids_of(rest) == [product.id for product in reversed(made)]


def ids_of(page: ProductPage) -> list[UUID]:
    return [place.product_id for place in page.places]


async def test_a_page_of_nothing(infra: Infra) -> None:
    await create(infra, "A", "A")
    page = await list_products(infra, NO_FILTER, Page(0))
    assert (page.places, page.has_next) == ([], True)


async def found(infra: Infra, **wanted: Any) -> set[str]:
    wanted_filter = ProductFilter(**wanted)
    page = await list_products(infra, wanted_filter, Page(50))
    documents = await Loaders(infra).product_by_id.load_many(place.product_id for place in page.places)
    assert await count_products(infra, wanted_filter) == len(documents)
    return {document.title for document in documents if document is not None}


async def test_filters(infra: Infra) -> None:
    await create(infra, "Blue Shirt", "A", "10", vendor="Acme", tags=["men", "红"])
    await create(infra, "100% wool_cap", "B", "20.50", vendor="Blue Inc", tags=["women"], quantity=0)
    await create_product(infra, draft("Kimono", variant("C", "3000", "JPY")), "test")
    await create_product(infra, draft("Box", variant("D", "1.500", "KWD"), variant("E", "9.5", "KWD")), "test")
    assert await found(infra, search="bLuE") == {"Blue Shirt", "100% wool_cap"}
    assert await found(infra, search="100%") == {"100% wool_cap"}
    assert await found(infra, search="%") == set()
    assert await found(infra, search="_") == set()
    assert await found(infra, search="  ") == {"Blue Shirt", "100% wool_cap", "Kimono", "Box"}
    assert await found(infra, vendor="Acme") == {"Blue Shirt"}
    assert await found(infra, tag="红") == {"Blue Shirt"}
    assert await found(infra, tag='men","x') == set()
    assert await found(infra, tag="me") == set()
    assert await found(infra, in_stock=False) == {"100% wool_cap"}
    assert await found(infra, in_stock=True) == {"Blue Shirt", "Kimono", "Box"}
    assert await found(infra, min_price=Decimal("10.01")) == {"100% wool_cap", "Kimono"}
    assert await found(infra, max_price=Decimal("1.5")) == {"Box"}
    assert await found(infra, max_price=Decimal("1.4999")) == set()
    assert await found(infra, min_price=Decimal("9.5"), max_price=Decimal(10)) == {"Blue Shirt", "Box"}
    assert await found(infra, category_id=new_id()) == set()


async def test_stock_set_aside_for_a_sale_counts_as_in_stock(infra: Infra) -> None:
    await create(infra, "A", "A", quantity=5)
    async with infra.database.write() as session:
        await session.execute(update(StockLevel).values(available=0, set_aside=5))
    assert await found(infra, in_stock=True) == {"A"}


async def test_the_best_match_comes_first(infra: Infra) -> None:
    vendor = await create(infra, "Cap", "A", vendor="Shirts Ltd")
    within = await create(infra, "Blue shirt", "B")
    start = await create(infra, "Shirt", "C")
    wanted = ProductFilter(search="shirt")
    assert await walk(infra, ProductSort.RELEVANCE, 1, wanted) == [start.id, within.id, vendor.id]


async def test_a_filter_at_fault_is_named(infra: Infra) -> None:
    wrong = ProductFilter(search="x" * 201, vendor="\x00", min_price=Decimal("-1"), max_price=Decimal("1E+30"))
    for ask in (list_products(infra, wrong, Page(1)), count_products(infra, wrong)):
        with pytest.raises(InvalidInput) as raised:
            await ask
        assert {problem.path for problem in raised.value.problems} == {
            ("filter", "search"),
            ("filter", "vendor"),
            ("filter", "minPrice"),
            ("filter", "maxPrice"),
        }


# ------------------------------------------------------------------------------------------ loaders and cache


async def test_a_listing_takes_the_same_statements_for_two_and_for_twenty(infra: Infra) -> None:
    for n in range(20):
        images = [ImageDraft(f"https://x.test/{n}.jpg")]
        await create_product(infra, draft(f"T{n}", variant(f"A{n}"), variant(f"B{n}"), images=images), "test")
    for size in (2, 20):
        await infra.redis.client.flushdb()
        with statements(infra) as seen:
            loaders = Loaders(infra)
            page = await list_products(infra, NO_FILTER, Page(size))
            documents = await loaders.product_by_id.load_many(ids_of(page))
            skus = [v.sku for document in documents if document for v in document.variants]
            levels = await loaders.stock_by_sku.load_many(skus)
        assert [level.on_hand if level else None for level in levels] == [5] * 2 * size
        # The page; products, variants, images, prices; stock.
        assert len(seen) == 6


async def test_what_was_created_is_read_without_the_database(infra: Infra) -> None:
    made = await create_product(infra, draft("Shirt", variant("A"), variant("B")), "test")
    with statements(infra) as seen:
        loaders = Loaders(infra)
        assert await loaders.product_id_by_slug.load("shirt") == made.id
        assert await loaders.product_by_id.load(made.id) == made
        assert await loaders.variant_by_id.load(made.variants[1].id) == made.variants[1]
        assert await loaders.variant_by_sku.load("A") == made.variants[0]
    assert seen == []


async def test_what_was_read_once_is_read_without_the_database(infra: Infra) -> None:
    category = Category(id=new_id(), slug="shirts", name="Shirts", parent_id=None)
    async with infra.database.write() as session:
        session.add(category)
    made = await create(infra, "Shirt", "A", category_id=category.id)
    await infra.redis.client.flushdb()
    for expected in (8, 0):
        with statements(infra) as seen:
            loaders = Loaders(infra)
            assert await loaders.product_by_id.load(made.id) == made
            assert await loaders.product_id_by_slug.load("shirt") == made.id
            assert await loaders.variant_by_id.load(made.variants[0].id) == made.variants[0]
            assert await loaders.variant_by_sku.load("A") == made.variants[0]
            shown = await loaders.category_by_id.load(category.id)
            assert shown is not None
            assert shown.name == "Shirts"
        assert len(seen) == expected
    ttl = await infra.redis.client.pttl(f"doc:{product_key(made.id)}")
    assert 0.85 * infra.settings.cache_ttl < ttl / 1000 <= 1.1 * infra.settings.cache_ttl


async def test_what_is_not_there_is_remembered_too_but_not_for_long(infra: Infra) -> None:
    unknown = new_id()
    for expected in (1, 0):
        with statements(infra) as seen:
            assert await Loaders(infra).product_by_id.load(unknown) is None
        assert len(seen) == expected
    assert 0 < await infra.redis.client.pttl(f"doc:{product_key(unknown)}") <= 5000
    for _ in range(2):
        loaders = Loaders(infra)
        assert await loaders.product_id_by_slug.load("none") is None
        assert await loaders.variant_by_sku.load("none") is None
        assert await loaders.variant_by_id.load(unknown) is None
        assert await loaders.category_by_id.load(unknown) is None
        assert await loaders.stock_by_sku.load("none") is None
    await create(infra, "None", "none")
    assert await Loaders(infra).variant_by_sku.load("none") is not None
    assert await Loaders(infra).product_id_by_slug.load("none") is not None


async def test_without_redis_reads_and_writes_go_to_the_database(infra: Infra) -> None:
    async with without_redis(infra) as away:
        made = await create(away, "Shirt", "A")
        loaders = Loaders(away)
        assert await loaders.product_by_id.load(made.id) == made
        assert await loaders.product_id_by_slug.load("shirt") == made.id
        assert await loaders.variant_by_sku.load("A") == made.variants[0]
        assert await loaders.product_by_id.load(new_id()) is None
    assert await Loaders(infra).product_by_id.load(made.id) == made


# ------------------------------------------------------------------------------------------ import


async def test_the_example_is_imported_and_imported_again(infra: Infra) -> None:
    text = EXAMPLE.read_text(encoding="utf-8-sig")
    steps: list[tuple[int, int]] = []
    first = await import_products(infra, parsed(text), "test", lambda done, total: steps.append((done, total)))
    assert (first.created, first.updated, first.unchanged, first.new_variants) == (20, 0, 0, 22)
    assert steps == [(20, 20)]
    whole = {"Product": 20, "Variant": 22, "Image": 20, "StockLevel": 22, "StockEntry": 22}
    assert await counts(infra) == whole
    again = await run_import(infra, text)
    assert (again.created, again.updated, again.unchanged, again.new_variants) == (0, 0, 20, 0)
    assert await counts(infra) == whole


BEFORE = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Price,"
    "Variant Inventory Qty,Image Src\n"
    "tee,Tee,soft,acme,Shirts,a,Size,S,T-S,10,5,https://x.test/1.jpg\n"
    "tee,,,,,,,M,T-M,12,5,\n"
    "cap,Cap,,acme,C++,,,,CAP,7,1,\n"
)


async def test_an_import_changes_what_differs_and_never_stock(infra: Infra) -> None:
    await run_import(infra, BEFORE)
    async with infra.database.write() as session:
        await session.execute(update(StockLevel).where(StockLevel.sku == "T-S").values(on_hand=2, available=2))
    report = await run_import(
        infra,
        BEFORE.replace("tee,Tee,soft", "tee,New Tee,softer")
        .replace("T-S,10,5", "T-S,11.50,500")
        .replace("x.test/1.jpg", "x.test/2.jpg")
        .replace("tee,,,,,,,M,T-M,12,5,", "tee,,,,,,,L,T-L,20,9,"),
    )
    assert (report.created, report.updated, report.unchanged, report.new_variants) == (0, 1, 1, 1)
    tee = await Loaders(infra).product_id_by_slug.load("tee")
    assert tee is not None
    document = await Loaders(infra).product_by_id.load(tee)
    assert document is not None
    assert (document.title, document.description) == ("New Tee", "softer")
    assert (document.min_price, document.max_price) == (1150, 2000)
    assert {v.sku: v.price for v in document.variants} == {"T-S": 1150, "T-M": 1200, "T-L": 2000}
    assert [image.url for image in document.images] == ["https://x.test/2.jpg"]
    assert document.updated_at > document.created_at
    async with infra.database.read() as session:
        rows = await session.execute(select(StockLevel.sku, StockLevel.on_hand))
        assert dict(rows.all()) == {"T-S": 2, "T-M": 5, "T-L": 9, "CAP": 1}
    assert {category.name for category in await list_categories(infra)} == {"C++", "Shirts"}


async def test_a_file_of_prices_changes_prices_only(infra: Infra) -> None:
    created = (await run_import(infra, BEFORE)).documents
    await run_import(infra, "Handle,Title,Variant SKU,Variant Price\ntee,Tee,T-S,1\n")
    document = await Loaders(infra).product_by_id.load(created[0].id)
    assert document is not None
    expected = replace(
        created[0],
        min_price=100,
        version=2,
        updated_at=document.updated_at,
        variants=(replace(created[0].variants[0], price=100), created[0].variants[1]),
    )
    assert document == expected


async def test_an_import_with_a_fault_in_the_last_row_changes_nothing(infra: Infra) -> None:
    await create(infra, "Other", "TAKEN")
    before = await counts(infra)
    heading = "Handle,Title,Variant SKU,Variant Price"
    with pytest.raises(ImportRefused) as raised:
        await run_import(infra, f"{heading}\na,A,A,1\nb,B,B,1\nc,C,TAKEN,1")
    assert raised.value.problems == (RowProblem(4, "Variant SKU", "TAKEN is the SKU of another product"),)
    with pytest.raises(ImportRefused):
        await run_import(infra, f"{heading}\na,A,A,1\nb,B,B,x")
    with pytest.raises(ImportRefused) as raised:
        await run_import(infra, f"{heading}\na,A,A,1\nother,Other,TAKEN,1", "USD")
    assert raised.value.problems == (RowProblem(3, "Variant Price", "the product is priced in EUR, not in USD"),)
    assert await counts(infra) == before
    assert await Loaders(infra).product_id_by_slug.load("a") is None


async def test_two_imports_at_once_double_nothing(infra: Infra) -> None:
    reports = await asyncio.gather(*(run_import(infra, BEFORE) for _ in range(3)))
    assert sorted(report.created for report in reports) == [0, 0, 2]
    assert await counts(infra) == {"Product": 2, "Variant": 3, "Image": 1, "StockLevel": 3, "StockEntry": 3}


async def test_a_large_file_is_imported_in_chunks(infra: Infra) -> None:
    heading = "Handle,Title,Option1 Name,Option1 Value,Variant Price"
    rows = [f"p{n},P{n},Size,S,1\np{n},,,M,2" for n in range(450)]
    report = await run_import(infra, "\n".join([heading, *rows]))
    assert (report.created, report.new_variants) == (450, 900)
    again = await run_import(infra, "\n".join([heading, *rows]))
    assert again.unchanged == 450
