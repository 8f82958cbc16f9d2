"""What may be kept for everybody is the same for everybody who is not staff: every such field, asked by two."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from graphql_api.cache_policy import field_policy
from graphql_api.schema import build_schema
from infra.ids import new_id
from infra.runtime import Infra
from models import Category
from models.documents import ProductDoc
from resolvers.shared.context import Context
from resolvers.shared.node import encode_id
from services.catalog.create_product import create_product
from services.catalog.product_draft import ImageDraft, ProductDraft, VariantDraft
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.session.access_tokens import AccessTokens
from services.shared.viewer import Viewer
from services.user.register import register
from tests.modes import ONE_MODE
from tests.workers import persist_all

pytestmark = ONE_MODE

SCHEMA = build_schema()


def selection(type_: GraphQLNamedType, above: tuple[str, ...] = ()) -> str:
    """Every public field that needs no argument, and what is below it; no type below itself."""
    assert isinstance(type_, GraphQLObjectType)
    path = (*above, type_.name)
    parts = [
        _asked(name, field, path)
        for name, field in type_.fields.items()
        if field_policy(type_, field).keeps and not any(map(is_required_argument, field.args.values()))
    ]
    return " ".join(part for part in parts if part)


def _asked(name: str, field: GraphQLField, path: tuple[str, ...]) -> str:
    inner = get_named_type(field.type)
    if is_leaf_type(inner):
        return name
    page = "(first: 2)" if "first" in field.args else ""
    below = selection(inner, path) if inner.name not in path else ""
    return f"{name}{page} {{ {below} }}" if below else ""


@pytest.fixture
async def shop(infra: Infra) -> tuple[ProductDoc, str, Viewer]:
    """A product in a category, in a sale, of which the viewer has ordered."""
    category = Category(id=new_id(), slug="shirts", name="Shirts", parent_id=None)
    async with infra.database.write() as session:
        session.add(category)
    variants = [VariantDraft(sku, Decimal(5), "EUR", 9, options={"Size": sku}) for sku in "AB"]
    draft = ProductDraft(
        "Shirt", variants, tags=["new"], category_id=category.id, images=[ImageDraft("https://x.test/1.jpg")]
    )
    product = await create_product(infra, draft, "test")
    now = infra.now()
    sale = SaleDraft("Rush", now - timedelta(1), now + timedelta(1), (ItemDraft("A", Decimal(1), 5, 5),))
    sale_id = await schedule_flash_sale(infra, sale, "test")
    [item_id] = (await find_sales(infra, [sale_id]))[sale_id].item_ids
    ada = await register(infra, email="a@example.com", password="correct horse battery", display_name="Ada")
    tokens = AccessTokens.from_settings(infra.settings)
    viewer = tokens.verify(tokens.issue(ada).token)
    await place_flash_order(infra, FlashOrder(ada.id, item_id, 2, "key"))
    await persist_all(infra)
    return product, encode_id("FlashSale", sale_id), viewer


async def test_every_public_field_is_the_same_for_a_customer_and_for_nobody(
    infra: Infra, shop: tuple[ProductDoc, str, Viewer]
) -> None:
    product, sale_id, viewer = shop
    root = SCHEMA._schema.query_type
    assert root is not None
    arguments = {
        "product": f'slug: "{product.slug}"',
        "products": "first: 2",
        "category": 'slug: "shirts"',
        "categories": "",
        "flashSale": f'id: "{sale_id}"',
        "flashSales": "first: 2",
        "shop": "",
    }
    public = {name for name, field in root.fields.items() if field_policy(root, field).keeps}
    assert public == set(arguments), "say here how the new field is asked for"
    for name, given in arguments.items():
        below = selection(get_named_type(root.fields[name].type))
        query = f"{{ {name}{f'({given})' if given else ''} {{ {below} }} }}"
        assert (await SCHEMA.policy(query, None)).keeps, query
        nobodys, customers = [await _answer(infra, query, who) for who in (None, viewer)]
        assert nobodys == customers, query
        assert nobodys[name], query


async def _answer(infra: Infra, query: str, viewer: Viewer | None) -> dict[str, Any]:
    context = Context(infra, AccessTokens.from_settings(infra.settings), viewer)
    result = await SCHEMA.execute(query, context_value=context)
    assert result.errors is None, (query, result.errors)
    assert result.data is not None
    return result.data
