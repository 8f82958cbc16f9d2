"""A gateway's questions: it finds what ``node`` finds for the same viewer, and nothing more."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from graphql import parse

from graphql_api.schema import build_schema
from infra.ids import new_id
from models.enums import Scope
from resolvers.federation.queries import MAX_REPRESENTATIONS
from resolvers.federation.types import ENTITIES
from resolvers.shared.node import encode_id
from settings import Settings
from tests.e2e.shop import Shop
from tests.e2e.test_nodes import NODES, World, machine, world  # noqa: F401 - a fixture
from tests.integration.catalog.products import statements
from tests.modes import ONE_MODE
from tests.server import Server, serve

pytestmark = ONE_MODE
FIND: Final = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) { __typename ... on Node { id } }
}
"""


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    async with serve(settings.model_copy(update={"federation": True})) as running:
        yield running


async def find(shop: Shop, wanted: Any, token: str | None = None) -> dict[str, Any]:
    return await shop.server.graphql(FIND, {"representations": wanted}, token)


def code(answer: dict[str, Any]) -> str:
    [error] = answer["errors"]
    assert not answer.get("data")
    return str(error["extensions"]["code"])


def read(seen: list[str]) -> list[str]:
    """Returns which of the two was read, time by time; of sales the server reads by itself."""
    return [text.split("FROM ")[1].split()[0] for text in seen if "FROM users" in text or "FROM products" in text]


async def test_each_viewer_finds_what_node_finds(world: World) -> None:  # noqa: F811 - the fixture
    shop = world.shop
    wanted = [{"__typename": name, "id": world.ids[name]} for name in ENTITIES]
    ids = [one["id"] for one in wanted]
    tokens = [None, world.ada.token, (await shop.customer("Bob")).token]
    tokens += [(await shop.staff()).token, (await shop.admin()).token]
    tokens += [await machine(shop, scope) for scope in Scope]
    seen = []
    for token in tokens:
        found = (await find(shop, wanted, token))["data"]["_entities"]
        assert found == (await shop.server.graphql(NODES, {"ids": ids}, token))["data"]["nodes"]
        seen.append({one["__typename"] for one in found if one})
    public = {"Product", "Variant", "FlashSale"}
    assert seen[:3] == [public, public | {"Order", "User"}, public]
    assert {"Order", "User"} <= seen[4]
    # Fields that need more are asked for it, as everywhere.
    look = (
        """query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { orders { totalCount } } } }"""
    )
    own = {"of": [{"__typename": "User", "id": world.ada.id}]}
    machines = await machine(shop, Scope.USERS_READ)
    refused = await shop.server.graphql(look, own, machines)
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["FORBIDDEN"]
    # An id is what it is, whatever it is called; a draft is nobody's but staff's.
    strange = [{"__typename": name, "id": id_} for name in ENTITIES for of, id_ in world.ids.items() if of != name]
    strange += [{"__typename": name, "id": encode_id(name, new_id())} for name in ENTITIES]
    admin = tokens[4]
    assert (await find(shop, strange, admin))["data"]["_entities"] == [None] * len(strange)


async def test_what_is_no_representation_is_refused_and_an_id_of_nothing_is_null(shop: Shop) -> None:
    staff = await shop.staff()
    product = {"__typename": "Product", "id": (await shop.offer(staff)).product_id}
    shown = {"__typename": "Product", "id": product["id"]}
    hostile: list[object] = [
        {"id": product["id"]},
        {"__typename": "Nothing", "id": product["id"]},
        {"__typename": "Cart", "id": product["id"]},
        {"__typename": ["Product"], "id": product["id"]},
        {"__typename": "Product"},
        {"__typename": "Product", "id": None},
        {"__typename": "Product", "id": 7},
        {"__typename": "Product", "id": {"id": product["id"]}},
        "Product",
        [],
        7,
    ]
    for bad in hostile:
        answer = await find(shop, [product, bad])
        assert code(answer) == "BAD_USER_INPUT"
        assert answer["errors"][0]["extensions"]["argument"].startswith("representations[1]")
    assert code(await find(shop, [None])) == "BAD_USER_INPUT"
    garbage = ["", "x", "\0", "é", "A" * 10_000, "UHJvZHVjdDp4", product["id"] + "=", f" {product['id']}"]
    wanted = [product, *({"__typename": "Product", "id": id_} for id_ in garbage), {**product, "more": [1]}]
    found = (await find(shop, wanted))["data"]["_entities"]
    assert found == [shown, *[None] * 6, shown, None, shown]
    literal = (
        f'{{ _entities(representations: [{{__typename: "Product", id: "{product["id"]}"}}]) {{ __typename }} }}'
    )
    assert await shop.ask(literal) == {"_entities": [{"__typename": "Product"}]}
    nested = 'query ($id: ID!) { _entities(representations: {__typename: "Variant", id: $id}) { __typename } }'
    assert await shop.ask(nested, {"id": product["id"]}) == {"_entities": [None]}


async def test_many_are_found_at_once_at_their_cost_and_too_many_are_refused(shop: Shop) -> None:
    admin = await shop.admin()
    people = [(await shop.customer()).id for _ in range(3)]
    wanted = [{"__typename": "User", "id": id_} for id_ in people]
    wanted += [{"__typename": "Product", "id": encode_id("Product", new_id())} for _ in range(300)]
    await find(shop, wanted[:1], admin.token)  # whose session it is, is known from now on
    with statements(shop.server.infra) as seen:
        found = (await find(shop, wanted * 2, admin.token))["data"]["_entities"]
    assert [one["id"] for one in found if one] == people * 2
    assert read(seen) == ["users", "products"]
    body = {"query": FIND, "variables": {"representations": wanted[:150]}}
    told = (await shop.server.http.post("/graphql", json=body, headers={"GraphQL-Cost": "1"})).json()
    assert told["extensions"]["cost"]["cost"] == 1 + 150 * 2
    many = [wanted[0]] * (MAX_REPRESENTATIONS + 1)
    with statements(shop.server.infra) as seen:
        refused = await find(shop, many, admin.token)
    assert (code(refused), refused["errors"][0]["extensions"]["argument"]) == ("BAD_USER_INPUT", "representations")
    assert read(seen) == []
    wide = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on User {" + " ".join(
        f"a{place}: id" for place in range(25)
    )
    costly = await shop.server.graphql(wide + "} } }", {"of": many[1:]}, admin.token)
    assert code(costly) == "QUERY_TOO_COMPLEX"


async def test_it_tells_its_part_unless_nobody_may_ask(shop: Shop) -> None:
    [sdl] = [one["sdl"] for one in (await shop.ask("{ _service { sdl } }")).values()]
    assert sdl == build_schema(federation=True).as_str()
    parse(sdl)
    secretive = shop.server.infra.settings.model_copy(update={"introspection": False})
    async with serve(secretive) as quiet:
        assert code(await quiet.graphql("{ _service { sdl } }")) == "FORBIDDEN"
