"""Whole answers, kept for those who are not signed in: headers, what drops them, and who never gets one."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from infra.runtime import Infra
from infra.settings import Settings
from models import Product, StockLevel
from resolvers.shared.node import encode_id
from services.events import ALL_TOPICS
from services.flash_sale.drafts import ItemDraft, SaleDraft
from services.flash_sale.list_sales import find_sales
from services.flash_sale.schedule import schedule_flash_sale
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.user.register import register
from services.user.tokens import AccessTokens
from tests.integration.test_catalog import create, statements
from tests.integration.test_changes import rename
from tests.server import Server, serve
from tests.waiting import PAUSE, until

WITHIN = 1.0 + PAUSE
JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
LISTING = (
    "{ products(first: 20) { edges { node { title variants { sku price { amount } stock { available } } } } } }"
)
BY_SLUG = "query One($slug: String!) { product(slug: $slug) { title } }"
STOCK = "query One($slug: String!) { product(slug: $slug) { variants { stock { available } } } }"
LEFT = "query Left($id: ID!) { flashSale(id: $id) { items { remaining } } }"


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    async with serving(settings) as running:
        yield running


def serving(settings: Settings) -> Any:
    """Without a worker: what is seen is a request's."""
    return serve(settings, worker=False)


@pytest.fixture(autouse=True)
async def hears(server: Server) -> None:
    await server.infra.events.ensure_topics(ALL_TOPICS)
    await until(lambda: _fresh(server.infra), bool)


async def _fresh(infra: Infra) -> bool:
    return infra.hearing.is_fresh


async def get(
    server: Server, query: str, headers: dict[str, str] | None = None, **variables: Any
) -> httpx.Response:
    params = {"query": query, "variables": json.dumps(variables)}
    return await server.http.get("/graphql", params=params, headers={"accept": JSON, **(headers or {})})


async def post(
    server: Server, query: str, headers: dict[str, str] | None = None, **variables: Any
) -> httpx.Response:
    return await server.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


def counts(server: Server) -> dict[str, int]:
    return server.infra.counters.snapshot().get("response", {})


async def token_of(infra: Infra) -> str:
    user = await register(infra, email="ada@example.com", password="correct horse battery", display_name="Ada")
    return AccessTokens.from_settings(infra.settings).issue(user).token


# ------------------------------------------------------------------ headers


async def test_a_public_answer_says_how_long_it_may_be_kept(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    for reply, age in (
        (await get(server, BY_SLUG, slug="shirt"), 60),
        (await get(server, STOCK, slug="shirt"), 1),
    ):
        assert reply.status_code == 200
        assert reply.headers["cache-control"] == f"public, max-age={age}"
        assert reply.headers["vary"] == "Accept, Accept-Encoding, Authorization"
        assert reply.headers["etag"].startswith('"')
    posted = await post(server, BY_SLUG, slug="shirt")
    assert posted.headers["cache-control"] == "public, max-age=60"
    assert "etag" not in posted.headers
    in_stock = await get(server, "{ products(filter: {inStock: true}) { edges { node { title } } } }")
    assert in_stock.headers["cache-control"] == "public, max-age=1"


async def test_vary_names_what_counts_and_no_more(settings: Settings) -> None:
    changes = {"session_cookies": True, "cors_origins": ("https://shop.test",)}
    async with serving(settings.model_copy(update=changes)) as server:
        reply = await get(server, "{ categories { name } }")
        assert reply.headers["vary"] == "Accept, Accept-Encoding, Authorization, Cookie, Origin"
        named = await get(server, "{ categories { name } }", {"origin": "https://shop.test"})
        assert named.headers["access-control-allow-origin"] == "https://shop.test"
        assert named.headers["vary"].split(", ")[:5] == [
            "Accept",
            "Accept-Encoding",
            "Authorization",
            "Cookie",
            "Origin",
        ]


async def test_who_has_the_answer_is_sent_none(server: Server) -> None:
    product = await create(server.infra, "Shirt", "A")
    first = await get(server, BY_SLUG, slug="shirt")
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await get(server, BY_SLUG, {"if-none-match": known}, slug="shirt")
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "public, max-age=60"
        assert again.headers["vary"] == first.headers["vary"]
        assert "content-type" not in again.headers
    assert (await get(server, BY_SLUG, {"if-none-match": '"other"'}, slug="shirt")).status_code == 200
    # Other bytes or another media type are another answer; POST knows no 304.
    other = await get(server, BY_SLUG, {"accept": GRAPHQL_JSON, "if-none-match": etag}, slug="shirt")
    assert (other.status_code, other.content) == (200, first.content)
    assert other.headers["etag"] != etag
    assert (await post(server, BY_SLUG, {"if-none-match": etag}, slug="shirt")).status_code == 200
    await rename(server.infra, product.id, "Coat")
    changed = await get(server, BY_SLUG, {"if-none-match": etag}, slug="shirt")
    assert changed.json() == {"data": {"product": {"title": "Coat"}}}


async def test_what_is_no_public_answer_is_nobodys_to_keep(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    token = await token_of(server.infra)
    signed_in = {"authorization": f"Bearer {token}"}
    public = {"query": "{ categories { name } }"}
    replies = [
        await get(server, BY_SLUG, signed_in, slug="shirt"),
        await get(server, "{ me { id } }"),
        await get(server, "{ categories { name } me { id } }"),
        await get(server, "{ products(first: -1) { edges { node { title } } } }"),
        await get(server, "{ nothing }"),
        await get(server, "{ __schema { queryType { name } } }"),
        await get(server, "mutation { logout(input: {refreshToken: \"x\"}) { __typename } }"),
        await post(server, "mutation { logout(input: {refreshToken: \"x\"}) { __typename } }"),
        await get(server, BY_SLUG, {"authorization": "Bearer x"}, slug="shirt"),
        await server.http.post("/graphql", json=[public, public]),
        await server.http.put("/graphql"),
    ]  # fmt: skip
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}
    assert [reply for reply in replies if "etag" in reply.headers] == []
    assert {reply.headers["vary"] for reply in replies} == {"Accept, Accept-Encoding, Authorization"}
    assert counts(server) == {"misses": 1}  # the listing at fault, which was not kept


# ------------------------------------------------------------------ what is kept, and what drops it


@pytest.mark.usefixtures("unhurried")
async def test_a_kept_answer_costs_no_statement_and_no_command(server: Server) -> None:
    for number in range(20):
        await create(server.infra, f"Shirt {number}", f"A-{number}")
    first = await get(server, LISTING)
    with statements(server.infra) as seen:
        again = await get(server, LISTING)
        answers = await asyncio.gather(*(get(server, LISTING) for _ in range(20)))
    assert seen == []
    assert {first.content} == {again.content} | {answer.content for answer in answers}
    assert len(first.json()["data"]["products"]["edges"]) == 20
    assert counts(server)["hits"] >= 20


async def test_who_asks_the_same_at_once_is_answered_from_one_execution(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    answers = await asyncio.gather(*(post(server, BY_SLUG, slug="shirt") for _ in range(30)))
    assert {answer.content for answer in answers} == {b'{"data":{"product":{"title":"Shirt"}}}'}
    assert counts(server)["misses"] == 1


@pytest.mark.usefixtures("unhurried")
async def test_a_change_drops_what_was_made_from_it_and_nothing_else(server: Server) -> None:
    infra = server.infra
    shirt, _ = await create(infra, "Shirt", "A"), await create(infra, "Coat", "B")

    async def ask() -> dict[str, int]:
        """How often each was answered anew."""
        asks = {
            "shirt": (BY_SLUG, "shirt"),
            "coat": (BY_SLUG, "coat"),
            "none": (BY_SLUG, "none"),
            "stock of shirt": (STOCK, "shirt"),
            "stock of coat": (STOCK, "coat"),
        }
        made = {}
        for name, (query, slug) in asks.items():
            before = counts(server).get("misses", 0)
            await get(server, query, slug=slug)
            made[name] = counts(server).get("misses", 0) - before
        return {name: times for name, times in made.items() if times}

    await ask()
    assert await ask() == {}
    await rename(infra, shirt.id, "Shirt!")
    assert await ask() == {"shirt": 1, "stock of shirt": 1}
    async with infra.database.write() as session:
        await session.execute(update(StockLevel).where(StockLevel.sku == "B").values(updated_at=infra.now()))
    assert await ask() == {"stock of coat": 1}
    await create(infra, "None", "C")
    assert await ask() == {"none": 1}


async def test_what_is_left_of_a_sale_is_true_after_each_order(server: Server) -> None:
    infra = server.infra
    await create(infra, "Shirt", "A", quantity=5)
    now = infra.now()
    draft = SaleDraft("Rush", now - timedelta(1), now + timedelta(1), (ItemDraft("A", Decimal(1), 5, 5),))
    sale_id = await schedule_flash_sale(infra, draft, "test")
    [item_id] = (await find_sales(infra, [sale_id]))[sale_id].item_ids
    customer = await register(infra, email="a@example.com", password="correct horse battery", display_name="A")
    for left in (5, 4, 3):
        shown = await get(server, LEFT, id=encode_id("FlashSale", sale_id))
        assert shown.json()["data"]["flashSale"]["items"] == [{"remaining": left}]
        assert shown.headers["cache-control"] == "public, max-age=1"
        await place_flash_order(infra, FlashOrder(customer.id, item_id, 1, str(left)))


async def test_a_change_while_an_answer_is_made_is_not_lost(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was made from before the change, and is ready after it."""
    product = await create(server.infra, "old", "A")
    answers = server.infra.hearing
    original = answers.unchanged_since
    await get(server, BY_SLUG, slug="old")
    changed = asyncio.Event()

    def change_first(mark: int, tags: Any) -> bool:
        if not changed.is_set() and any(tag.startswith("slug:") for tag in tags) and len(list(tags)) > 1:
            changed.set()
            answers.forget([f"product:{product.id.hex}"])
        return original(mark, tags)

    monkeypatch.setattr(answers, "unchanged_since", change_first)
    answers.forget([f"product:{product.id.hex}"])
    await get(server, BY_SLUG, slug="old")
    before = counts(server)["misses"]
    await get(server, BY_SLUG, slug="old")
    assert changed.is_set()
    assert counts(server)["misses"] == before + 1


async def test_another_process_drops_its_answers_within_a_second(settings: Settings, server: Server) -> None:
    async with serving(settings) as other:
        await until(lambda: _fresh(other.infra), bool)
        product = await create(server.infra, "0", "A")
        slug = product.slug
        for number in range(1, 4):
            assert (await get(other, BY_SLUG, slug=slug)).json() == {
                "data": {"product": {"title": str(number - 1)}}
            }
            await rename(server.infra, product.id, str(number))
            await until(lambda: _title(other, slug), str(number).__eq__, within=WITHIN)


async def _title(server: Server, slug: str) -> object:
    return (await get(server, BY_SLUG, slug=slug)).json()["data"]["product"]["title"]


async def test_who_is_signed_in_gets_no_kept_answer_and_leaves_none(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    signed_in = {"authorization": f"Bearer {await token_of(server.infra)}"}
    await get(server, BY_SLUG, signed_in, slug="shirt")
    assert counts(server) == {}
    await get(server, BY_SLUG, slug="shirt")
    before = counts(server)
    with statements(server.infra) as seen:
        await get(server, BY_SLUG, signed_in, slug="shirt")
    assert counts(server) == before
    assert seen == []  # documents are for all


async def test_who_hears_of_nothing_keeps_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    await create(server.infra, "Shirt", "A")
    await get(server, BY_SLUG, slug="shirt")
    monkeypatch.setattr(server.infra.hearing, "confirm", lambda at: None)
    await until(lambda: _fresh(server.infra), lambda fresh: not fresh)
    before = counts(server)["misses"]
    reply = await get(server, BY_SLUG, slug="shirt")
    assert reply.json() == {"data": {"product": {"title": "Shirt"}}}
    assert counts(server)["misses"] == before + 1


# ------------------------------------------------------------------ documents by their hash


def hash_of(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()


def by_hash(digest: object, version: object = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": digest}}


async def test_a_document_is_known_by_its_hash_once_it_was_sent(settings: Settings, server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    query, variables = BY_SLUG, json.dumps({"slug": "shirt"})
    digest = hash_of(query)
    asks: list[dict[str, Any]] = [
        {"documentId": f"sha256:{digest}", "variables": variables},
        {"documentId": digest.upper(), "variables": variables},
        {"extensions": json.dumps(by_hash(digest)), "variables": variables},
    ]
    for params in asks:
        unknown = await server.http.get("/graphql", params=params, headers={"accept": GRAPHQL_JSON})
        assert (unknown.status_code, unknown.headers["cache-control"]) == (400, "no-store")
        code = {"code": "PERSISTED_QUERY_NOT_FOUND"}
        assert unknown.json() == {"errors": [{"message": "PersistedQueryNotFound", "extensions": code}]}
    body = {"query": query, "variables": {"slug": "shirt"}, "extensions": by_hash(digest)}
    assert (await server.http.post("/graphql", json=body)).json() == {"data": {"product": {"title": "Shirt"}}}
    async with serving(settings) as other:
        for one in (server, other):
            for params in asks:
                reply = await one.http.get("/graphql", params=params)
                assert reply.json() == {"data": {"product": {"title": "Shirt"}}}
                assert reply.headers["cache-control"] == "public, max-age=60"
    # By POST and in a batch too.
    named = {"documentId": f"sha256:{digest}", "variables": {"slug": "shirt"}}
    assert (await server.http.post("/graphql", json=named)).json() == {"data": {"product": {"title": "Shirt"}}}
    both = (await server.http.post("/graphql", json=[named, {"documentId": hash_of("{ x }")}])).json()
    assert [list(one) for one in both] == [["data"], ["errors"]]


async def test_what_cannot_be_run_is_not_kept(server: Server) -> None:
    for query in ("{ nothing }", "{", "x" * 30_000):
        body = {"query": query, "extensions": by_hash(hash_of(query))}
        assert "errors" in (await server.http.post("/graphql", json=body)).json()
        assert await server.infra.redis.client.exists(f"document:{hash_of(query)}") == 0


async def test_a_mutation_known_by_its_hash_still_needs_post(server: Server) -> None:
    query = 'mutation { logout(input: {refreshToken: "x"}) { __typename } }'
    body = {"query": query, "extensions": by_hash(hash_of(query))}
    assert (await server.http.post("/graphql", json=body)).json()["data"]["logout"] == {
        "__typename": "SessionExpired"
    }
    refused = await server.http.get("/graphql", params={"documentId": hash_of(query)})
    assert refused.status_code == 405


NO_HASHES: list[dict[str, Any]] = [
    {"documentId": "x"},
    {"documentId": ""},
    {"documentId": 1},
    {"documentId": "sha256:" + "g" * 64},
    {"documentId": "sha256:" + "٣" * 64},
    {"documentId": "\0" * 64},
    {"extensions": {"persistedQuery": None}},
    {"extensions": {"persistedQuery": []}},
    {"extensions": by_hash("0" * 64, version=2)},
    {"extensions": by_hash(1)},
    {"extensions": by_hash("0" * 63)},
    {"query": "{ categories { name } }", "extensions": by_hash("0" * 64)},
    {},
]


async def test_a_hash_that_is_none_is_said_to_be(server: Server) -> None:
    for body in NO_HASHES:
        reply = await server.http.post("/graphql", json=body)
        assert reply.status_code == 400, (body, reply.text)
        [error] = reply.json()["errors"]
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert len(error["message"]) < 200
        assert reply.headers["cache-control"] == "no-store"


async def test_a_product_that_is_withdrawn_is_seen_by_nobody_any_more(server: Server) -> None:
    product = await create(server.infra, "Shirt", "A")
    await get(server, BY_SLUG, slug="shirt")
    await get(server, LISTING)
    async with server.infra.database.write() as session:
        await session.execute(update(Product).where(Product.id == product.id).values(status="ARCHIVED"))
    assert (await get(server, BY_SLUG, slug="shirt")).json() == {"data": {"product": None}}
    assert (await get(server, LISTING)).json() == {"data": {"products": {"edges": []}}}
