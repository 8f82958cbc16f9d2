"""What is not published is there for staff only, whichever way one comes to it."""

from typing import Any

import pytest
from sqlalchemy import update

from infra.ids import new_id
from infra.runtime import Infra
from models import Category, Product, ProductStatus, Role, Variant
from models.enums import Scope
from models.flash_sale_document import FlashItemDoc
from resolvers.shared.node import encode_id
from services.catalog.reindex_all import reindex_all
from services.flash_sale.find_items import find_item
from services.order.place_flash_order import place_flash_order
from services.shared.errors import NotFound
from tests.factories import order_wish, running_sale, variant_in_stock
from tests.integration.test_catalog_schema import ask
from tests.modes import ONE_MODE

pytestmark = ONE_MODE

EVERYWHERE = """
query ($product: ID!, $variant: ID!, $item: ID!, $sale: ID!, $slug: String!) {
  product(id: $product) { id }
  bySlug: product(slug: $slug) { id variants { id } }
  products { totalCount edges { node { id } } }
  nodes(ids: [$product, $variant, $item]) { id }
  flashSale(id: $sale) { items { id variant { id } } }
}
"""


async def change(infra: Infra, item: FlashItemDoc, status: str = "PUBLISHED", archived: bool = False) -> Product:
    async with infra.database.write() as session:
        variant = await session.get_one(Variant, item.variant_id)
        variant.archived_at = infra.now() if archived else None
        product = await session.get_one(Product, variant.product_id)
        product.status = ProductStatus(status)
    await reindex_all(infra.database)
    infra.local.forget(("flash_item", item.id))
    return product


async def everywhere(infra: Infra, item: FlashItemDoc, product: Product, role: Role | None) -> Any:
    ids = {
        "product": encode_id("Product", product.id),
        "variant": encode_id("Variant", item.variant_id),
        "item": encode_id("FlashSaleItem", item.id),
        "sale": encode_id("FlashSale", item.sale_id),
        "slug": product.slug,
    }
    return ids, await ask(infra, EVERYWHERE, ids, role)


@pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED"])
async def test_what_is_not_published_is_for_staff(infra: Infra, status: str) -> None:
    item = await running_sale(infra, quantity=5)
    product = await change(infra, item, status)
    hidden: Any = {
        "product": None,
        "bySlug": None,
        "products": {"totalCount": 0, "edges": []},
        "nodes": [None, None, None],
        "flashSale": {"items": []},
    }
    for role in (None, Role.CUSTOMER):
        assert (await everywhere(infra, item, product, role))[1] == hidden
    ids, seen = await everywhere(infra, item, product, Role.STAFF)
    assert seen == {
        "product": {"id": ids["product"]},
        "bySlug": {"id": ids["product"], "variants": [{"id": ids["variant"]}]},
        "products": {"totalCount": 0, "edges": []},
        "nodes": [{"id": ids["product"]}, {"id": ids["variant"]}, {"id": ids["item"]}],
        "flashSale": {"items": [{"id": ids["item"], "variant": {"id": ids["variant"]}}]},
    }


async def test_only_staff_list_by_state(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await variant_in_stock(infra)
    product = await change(infra, item, "DRAFT")
    wanted = "{ products(filter: {status: [DRAFT, ARCHIVED]}) { totalCount edges { node { id status } } } }"
    assert await ask(infra, wanted, role=Role.CUSTOMER) == ["FORBIDDEN"]
    assert await ask(infra, wanted) == ["UNAUTHENTICATED"]
    found = {"totalCount": 1, "edges": [{"node": {"id": encode_id("Product", product.id), "status": "DRAFT"}}]}
    assert await ask(infra, wanted, role=Role.STAFF) == {"products": found}
    public = "{ products(filter: {status: [PUBLISHED]}) { totalCount } }"
    assert await ask(infra, public) == {"products": {"totalCount": 1}}


async def test_an_archived_variant_is_for_staff_that_ask_for_it(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    product = await change(infra, item, archived=True)
    query = "query ($id: ID!) { product(id: $id) { variants { id } all: variants(includeArchived: true) { id } } }"
    ids = {"id": encode_id("Product", product.id)}
    assert await ask(infra, query, ids) == {"product": {"variants": [], "all": []}}
    variant = {"id": encode_id("Variant", item.variant_id)}
    assert await ask(infra, query, ids, Role.STAFF) == {"product": {"variants": [], "all": [variant]}}
    assert (await everywhere(infra, item, product, None))[1]["nodes"][1:] == [None, None]


async def test_what_is_hidden_is_not_sold_but_a_retry_finds_its_order(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    placed = await place_flash_order(infra, wish)
    await change(infra, item, "ARCHIVED")
    assert not (await find_item(infra, item.id)).is_public
    with pytest.raises(NotFound):
        await place_flash_order(infra, order_wish(item))
    assert (await place_flash_order(infra, wish)).id == placed.id


async def test_an_archived_category_is_for_staff(infra: Infra) -> None:
    category = Category(id=new_id(), slug="old", name="Old", parent_id=None, archived_at=infra.now())
    variant = await variant_in_stock(infra)
    async with infra.database.write() as session:
        session.add(category)
        await session.flush()
        of_it = update(Product).where(Product.id == variant.product_id).values(category_id=category.id)
        await session.execute(of_it)
    ids = {"id": encode_id("Category", category.id)}
    query = "query ($id: ID!) { node(id: $id) { id } products { edges { node { category { id } } } } }"
    none = {"node": None, "products": {"edges": [{"node": {"category": None}}]}}
    assert await ask(infra, query, ids, Role.CUSTOMER) == none
    assert await ask(infra, query, ids, Role.STAFF) == {
        "node": ids,
        "products": {"edges": [{"node": {"category": ids}}]},
    }
    assert await ask(infra, "{ categories { id } }", role=Role.STAFF) == {"categories": []}


async def test_a_machine_sees_drafts_when_it_may_read_the_catalog(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await change(infra, item, "DRAFT")
    query = "{ products(filter: {status: [DRAFT]}) { totalCount } categories(includeArchived: true) { id } }"
    seen = {"products": {"totalCount": 1}, "categories": []}
    assert await ask(infra, query, scope=Scope.CATALOG_READ) == seen
    assert await ask(infra, query, scope=Scope.CATALOG_WRITE) == seen
    assert await ask(infra, query, scope=Scope.STOCK_WRITE) == ["FORBIDDEN"]
