"""The catalog through the schema: what a client asks for, and what it is told of its mistakes."""

import unicodedata
from base64 import urlsafe_b64encode
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from graphql_api.schema import build_schema
from infra.ids import new_id
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, Category, Role, StockLevel
from models.enums import Scope
from resolvers.shared.context import Context
from resolvers.shared.node import encode_id
from services.catalog.create_product import create_product
from services.catalog.product_draft import ImageDraft, ProductDraft, VariantDraft
from services.session.access_tokens import AccessTokens
from services.shared.viewer import Viewer
from tests.integration.catalog.products import statements
from tests.modes import ONE_MODE

SCHEMA = build_schema()
CREATE = """
mutation ($input: CreateProductInput!) {
  createProduct(input: $input) {
    __typename
    ... on Product { id slug title variants { sku price { amount currencyCode } stock { available onHand } } }
    ... on SkuTaken { code sku }
    ... on SlugTaken { code slug }
    ... on InvalidInput { code fields { path message } }
  }
}
"""
SHIRT = {
    "title": "Shirt",
    "tags": ["a"],
    "imageUrls": ["https://x.test/1.jpg"],
    "variants": [{"sku": "S-1", "price": "19.90", "currencyCode": "EUR", "quantity": 7}],
}


async def ask(
    infra: Infra,
    query: str,
    variables: dict[str, Any] | None = None,
    role: Role | None = None,
    scope: Scope | None = None,
) -> Any:
    """The data, or the list of codes of the errors. With a ``scope`` it is a machine that asks."""
    viewer = Viewer(
        new_id(),
        frozenset({role} if role else ()),
        infra.now() + timedelta(hours=1),
        scopes=frozenset({scope} if scope else ()),
    )
    context = Context(infra, AccessTokens.from_settings(infra.settings), viewer if role or scope else None)
    result = await SCHEMA.execute(query, variables, context)
    if result.errors:
        return [(error.extensions or {}).get("code") for error in result.errors]
    return result.data


async def make(infra: Infra, number: int) -> None:
    variants = [VariantDraft(f"{letter}{number}", Decimal(number), "EUR", 5) for letter in "AB"]
    images = [ImageDraft(f"https://x.test/{number}.jpg")]
    await create_product(infra, ProductDraft(f"T{number}", variants, images=images), "test")


async def test_staff_creates_a_product_and_everybody_sees_it(infra: Infra) -> None:
    made = (await ask(infra, CREATE, {"input": SHIRT}, Role.STAFF))["createProduct"]
    assert made == {
        "__typename": "Product",
        "id": made["id"],
        "slug": "shirt",
        "title": "Shirt",
        "variants": [
            {
                "sku": "S-1",
                "price": {"amount": "19.90", "currencyCode": "EUR"},
                "stock": {"available": 7, "onHand": 7},
            }
        ],
    }
    fields = "{ id title images { url altText } priceRange { min { amount } max { amount } } category { id } }"
    shown = {
        "id": made["id"],
        "title": "Shirt",
        "images": [{"url": "https://x.test/1.jpg", "altText": None}],
        "priceRange": {"min": {"amount": "19.90"}, "max": {"amount": "19.90"}},
        "category": None,
    }
    by_slug = await ask(infra, f'{{ product(slug: "shirt") {fields} }}')
    by_id = await ask(infra, f"query ($id: ID!) {{ product(id: $id) {fields} }}", {"id": made["id"]})
    node = await ask(
        infra, f"query ($id: ID!) {{ node(id: $id) {{ ... on Product {fields} }} }}", {"id": made["id"]}
    )
    assert by_slug == by_id == {"product": shown}
    assert node == {"node": shown}


async def test_a_slug_is_found_however_it_is_written(infra: Infra) -> None:
    decomposed = unicodedata.normalize("NFD", "été-縄")
    made = (await ask(infra, CREATE, {"input": {**SHIRT, "slug": decomposed}}, Role.STAFF))["createProduct"]
    assert made["slug"] == "été-縄"
    for slug in ("été-縄", decomposed, quote("été-縄"), quote(decomposed)):
        found = await ask(infra, "query ($slug: String!) { product(slug: $slug) { id } }", {"slug": slug})
        assert found == {"product": {"id": made["id"]}}
    taken = {**SHIRT, "slug": decomposed, "variants": [{**SHIRT["variants"][0], "sku": "S 2"}]}  # type: ignore[dict-item]
    assert (await ask(infra, CREATE, {"input": taken}, Role.STAFF))["createProduct"]["slug"] == "été-縄"
    category = "mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { __typename } }"
    await ask(infra, category, {"input": {"name": "Été", "slug": decomposed}}, Role.STAFF)
    for slug in ("été-縄", decomposed, quote("été-縄")):
        found = await ask(infra, "query ($slug: String!) { category(slug: $slug) { slug } }", {"slug": slug})
        assert found == {"category": {"slug": "été-縄"}}


@pytest.mark.parametrize(("role", "code"), [(None, "UNAUTHENTICATED"), (Role.CUSTOMER, "FORBIDDEN")])
@ONE_MODE
async def test_others_create_nothing(infra: Infra, role: Role | None, code: str) -> None:
    assert await ask(infra, CREATE, {"input": SHIRT}, role) == [code]
    assert await ask(infra, "{ products { totalCount } }") == {"products": {"totalCount": 0}}


@ONE_MODE
async def test_mistakes_in_a_draft_are_members_of_the_union(infra: Infra) -> None:
    await ask(infra, CREATE, {"input": SHIRT}, Role.ADMIN)
    again = await ask(infra, CREATE, {"input": {**SHIRT, "slug": "other"}}, Role.ADMIN)
    assert again == {"createProduct": {"__typename": "SkuTaken", "code": "SKU_TAKEN", "sku": "S-1"}}
    other = [{**SHIRT["variants"][0], "sku": "S-2"}]  # type: ignore[dict-item]
    same_slug = {**SHIRT, "slug": "shirt", "variants": other}
    taken = await ask(infra, CREATE, {"input": same_slug}, Role.ADMIN)
    assert taken == {"createProduct": {"__typename": "SlugTaken", "code": "SLUG_TAKEN", "slug": "shirt"}}
    wrong = {
        **SHIRT,
        "categoryId": encode_id("Product", new_id()),
    }
    refused = (await ask(infra, CREATE, {"input": wrong}, Role.ADMIN))["createProduct"]
    assert refused["fields"] == [{"path": ["input", "categoryId"], "message": "is not the id of a Category"}]
    wrong = {**SHIRT, "title": "\ud800", "variants": [{**other[0], "price": "1.999"}]}
    refused = (await ask(infra, CREATE, {"input": wrong}, Role.ADMIN))["createProduct"]
    assert [field["path"] for field in refused["fields"]] == [
        ["input", "title"],
        ["input", "variants", "0", "price"],
    ]
    assert await ask(infra, "{ products { totalCount } }") == {"products": {"totalCount": 1}}


LISTING = """
query ($first: Int, $after: String, $last: Int, $before: String, $filter: ProductFilter, $sort: ProductSort) {
  products(first: $first, after: $after, last: $last, before: $before, filter: $filter, sort: $sort) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges {
      cursor
      node {
        title
        images { url }
        variants { sku stock { available held onHand } product { title } }
      }
    }
  }
}
"""


def titles(answer: Any) -> list[str]:
    return [edge["node"]["title"] for edge in answer["products"]["edges"]]


async def test_pages_by_cursor_forward_and_back(infra: Infra) -> None:
    for number in range(5):
        await make(infra, number)
    for sort, expected in (
        ("PRICE_ASC", "01234"),
        ("PRICE_DESC", "43210"),
        ("TITLE", "01234"),
        ("NEWEST", "43210"),
    ):
        page = await ask(infra, LISTING, {"first": 2, "sort": sort})
        assert titles(page) == [f"T{n}" for n in expected[:2]]
        info = page["products"]["pageInfo"]
        assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
        rest = await ask(infra, LISTING, {"first": 9, "after": info["endCursor"], "sort": sort})
        assert titles(rest) == [f"T{n}" for n in expected[2:]]
        before = rest["products"]["pageInfo"]["startCursor"]
        back = await ask(infra, LISTING, {"last": 1, "before": before, "sort": sort})
        assert titles(back) == [f"T{expected[1]}"]
        assert back["products"]["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.usefixtures("unhurried")
async def test_a_listing_costs_the_same_statements_for_two_and_for_twenty(infra: Infra) -> None:
    for number in range(20):
        await make(infra, number)
    for size in (2, 20):
        await infra.redis.client.flushdb()
        with statements(infra) as seen:
            page = await ask(infra, LISTING, {"first": size})
        assert len(page["products"]["edges"]) == size
        assert len(seen) == 6
        with statements(infra) as seen:
            await ask(infra, LISTING, {"first": size})
        # All of it comes from Redis.
        assert seen == []


@ONE_MODE
async def test_arguments_that_cannot_be_are_named_and_coded(infra: Infra) -> None:
    await make(infra, 1)
    cursor = (await ask(infra, LISTING, {"first": 1}))["products"]["pageInfo"]["endCursor"]
    wrong: list[dict[str, Any]] = [
        {"first": -1},
        {"first": 101},
        {"first": 10**9},
        {"first": 1, "last": 1},
        {"after": "x"},
        {"after": "x" * 1_000_000},
        {"after": urlsafe_b64encode(b'[1,"products.NEWEST",1]').decode()},
        {"after": cursor, "sort": "TITLE"},
        {"filter": {"categoryId": "x"}},
        {"filter": {"categoryId": encode_id("Product", new_id())}},
        {"filter": {"minPrice": "NaN"}},
        {"sort": "NONE"},
    ]
    for variables in wrong:
        assert await ask(infra, LISTING, variables) == ["BAD_USER_INPUT"], variables
    assert await ask(infra, LISTING, {"filter": {"search": "x" * 1_000_000}}) == ["INVALID_INPUT"]
    assert await ask(infra, LISTING, {"filter": {"vendor": "\ud800"}}) == ["INVALID_INPUT"]
    assert await ask(infra, '{ product(id: "x") { id } }') == ["BAD_USER_INPUT"]
    assert await ask(infra, "{ product { id } }") == ["BAD_USER_INPUT"]
    for slug in ("none", "NONE", "\ud800", "x" * 1_000_000, ""):
        assert await ask(infra, "query ($s: String) { product(slug: $s) { id } }", {"s": slug}) == {
            "product": None
        }


async def test_stock_shows_what_is_set_aside_as_available(infra: Infra) -> None:
    await make(infra, 1)
    async with infra.database.write() as session:
        level = await session.get(StockLevel, ("A1", DEFAULT_WAREHOUSE))
        assert level is not None
        level.available, level.set_aside, level.held, level.committed = 1, 2, 1, 1
    shown = await ask(infra, '{ product(slug: "t1") { variants { stock { available setAside held onHand } } } }')
    stock = shown["product"]["variants"][0]["stock"]
    assert stock == {"available": 3, "setAside": 2, "held": 1, "onHand": 5}


async def test_categories_with_their_products(infra: Infra) -> None:
    parent = Category(id=new_id(), slug="clothes", name="Clothes", parent_id=None)
    child = Category(id=new_id(), slug="shirts", name="Shirts", parent_id=parent.id)
    async with infra.database.write() as session:
        session.add(parent)
        await session.flush()
        session.add(child)
    await ask(infra, CREATE, {"input": {**SHIRT, "categoryId": encode_id("Category", child.id)}}, Role.STAFF)
    assert await ask(
        infra, "{ categories { name parent { name } products { totalCount edges { node { title } } } } }"
    ) == {
        "categories": [
            {"name": "Clothes", "parent": None, "products": {"totalCount": 0, "edges": []}},
            {
                "name": "Shirts",
                "parent": {"name": "Clothes"},
                "products": {"totalCount": 1, "edges": [{"node": {"title": "Shirt"}}]},
            },
        ]
    }
