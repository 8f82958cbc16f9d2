"""Pages and filters of products."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import update

from dataloaders import Loaders
from infra.ids import new_id
from infra.runtime import Infra
from models import StockLevel
from models.documents import ProductDoc
from services.catalog.create_product import create_product
from services.catalog.product_draft import ImageDraft
from services.finding.count_products import count_products
from services.finding.list_products import list_products
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Key, Page, ProductPage, ProductSort
from services.shared.errors import InvalidInput
from tests.integration.catalog.products import create, draft, found, statements, variant

NO_FILTER = ProductFilter()


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
