"""A catalog to search in."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from infra.ids import new_id
from infra.runtime import Infra
from services.catalog.create_product import create_product
from services.catalog.product_draft import ProductChange, ProductDraft, VariantChange, VariantDraft
from services.catalog.read_products import read_products
from services.catalog.update_product import update_product
from services.finding.count_products import count_products
from services.finding.list_products import list_products
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page, ProductSort

ORDERS = tuple(ProductSort)


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


WORDS = ("red", "lamp", "laminate", "internet", "灯", "tablé")


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


async def change(infra: Infra, product_id: UUID, price: int) -> UUID:
    [product] = await read_products(infra, [product_id])
    variants = [VariantChange(product.variants[0].id, price=Decimal(price))]
    await update_product(
        infra, ProductChange(product_id, product.version, title=f"Changed lamp {price}", variants=variants)
    )
    return product_id
