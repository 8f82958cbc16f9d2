"""Filters, orders and facets."""

from decimal import Decimal
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import Category, ProductStatus
from services.finding import rules
from services.finding.count_products import count_products
from services.finding.count_values import FacetKind, count_price_bands, count_values
from services.finding.product_filter import ProductFilter
from services.finding.product_page import ProductSort
from tests.integration.finding.shop import ORDERS, found, make, variant


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
    others = cycle([sort for sort in ORDERS if sort not in (ProductSort.TITLE, ProductSort.NEWEST)])
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
        sort = next(others)
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
    monkeypatch.setattr(rules, "FEW", 0)
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
