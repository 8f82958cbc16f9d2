"""What operations cost, by the values of their variables."""

from typing import Any

import pytest

from graphql_api.documents import Documents
from graphql_api.schema import build_schema
from resolvers.shared.limits import MAX_COST

SCHEMA = build_schema()
CARD = """
fragment Card on Product {
  id slug title vendor tags images { url altText thumbnails { url } }
  variants { id sku title price { amount } options { name value } stock { available }
    flashSaleItems { price { amount } remaining sale { name } } }
}
"""
PAGE = (
    "query ($first: Int, $last: Int) { products(first: $first, last: $last) { edges { node { ...Card } } } }"
    + CARD
)
NODES = "query ($ids: [ID!]! = []) { nodes(ids: $ids) { id ...Card } }" + CARD


async def cost(query: str, variables: dict[str, Any] | None = None) -> int:
    document = await SCHEMA.documents.get(query)
    assert document.errors == ()
    [operation] = document.operations.values()
    return document.cost(operation).of(variables)


async def test_a_page_costs_what_is_asked_for() -> None:
    one, two = await cost(PAGE, {"first": 1}), await cost(PAGE, {"first": 2})
    row = two - one
    assert row > 200
    assert await cost(PAGE, {"first": 50}) == one + 49 * row
    assert await cost(PAGE) == await cost(PAGE, {"first": None}) == one + 19 * row
    assert await cost(PAGE, {"last": 3, "first": None}) == one + 2 * row
    assert await cost(PAGE, {"first": 0}) == await cost(PAGE, {"first": -5}) == one - row
    # What the field refuses costs no more than what it takes.
    assert await cost(PAGE, {"first": 10**9}) == await cost(PAGE, {"first": 100}) == one + 99 * row
    assert await cost(PAGE, {"first": "x"}) == one
    literal = PAGE.replace("($first: Int, $last: Int)", "").replace("first: $first, last: $last", "first: 50")
    assert await cost(literal) == one + 49 * row
    by_default = PAGE.replace("$first: Int,", "$first: Int = 7,")
    assert await cost(by_default) == one + 6 * row
    assert await cost(by_default, {"first": 8}) == one + 7 * row


async def test_a_list_of_ids_costs_as_many_as_there_are() -> None:
    none, one = await cost(NODES), await cost(NODES, {"ids": ["x"]})
    assert none == 1
    assert await cost(NODES, {"ids": ["x"] * 10}) == none + 10 * (one - none)
    assert await cost(NODES, {"ids": "x"}) == one
    literal = NODES.replace("($ids: [ID!]! = [])", "").replace("$ids", '["a", "b"]')
    assert await cost(literal) == none + 2 * (one - none)


async def test_pages_in_pages_are_multiplied() -> None:
    query = """query ($a: Int, $b: Int) { products(first: $a) { edges { node { category {
      products(first: $b) { edges { node { id } } } } } } } }"""
    # The page, its edges; of each: edge, node and the category with its own page.
    assert await cost(query, {"a": 2, "b": 3}) == 1 + 2 * (1 + 1 + 1 + 1 + 3 * (1 + 1 + 1))


TOO_MUCH: list[tuple[str, dict[str, Any], str]] = [
    (PAGE, {"first": 100}, "products.edges.node.variants"),
    (NODES, {"ids": ["x"] * 100}, "nodes.variants"),
    (
        "{products{edges{node{" + "variants{product{" * 4 + "id" + "}" * 12,
        {},
        "products.edges.node" + ".variants.product" * 4,
    ),
    (
        "{categories{products(first: 100){edges{node{category{products(last: 100)"
        "{totalCount edges{node{id}}}}}}}}}",
        {},
        "categories.products.edges.node.category.products.edges",
    ),
    (
        "query ($n: Int) { few: products(first: 1) { edges { node { id } } } "
        "many: products(first: $n) { edges { node { ...Card } } } }" + CARD,
        {"n": 99},
        "many.edges.node.variants",
    ),
]


@pytest.mark.parametrize(("query", "variables", "field"), TOO_MUCH)
async def test_the_refusal_names_the_field_that_costs_most(
    query: str, variables: dict[str, Any], field: str
) -> None:
    result = await SCHEMA.execute(query, variables)
    [error] = result.errors or []
    said = error.extensions or {}
    assert (said["code"], said["maximum"]) == ("QUERY_TOO_COMPLEX", MAX_COST)
    assert said["cost"] > MAX_COST
    assert said["cost"] >= said["fieldCost"] > said["cost"] / 2
    assert said["field"].startswith(field)
    assert f"{said['field']} has {said['fieldCost']} of them" in error.message


def test_fragments_that_double_are_refused_before_they_are_added_up() -> None:
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    last = "fragment F40 on Query { products(first: $n) { totalCount } }"
    [error] = Documents(SCHEMA._schema).check(f"query ($n: Int) {{ ...F0 }} {chain} {last}")
    assert (error.extensions or {})["code"] == "QUERY_TOO_COMPLEX"
