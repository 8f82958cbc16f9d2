"""A part of the schema at an address of its own: nothing else is run there, however it is asked for."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from graphql_api.app import build_app
from settings import Settings
from tests.e2e.shop import PLACE, Shop, new_key
from tests.live import greeted
from tests.modes import ONE_MODE
from tests.server import Server, serve

pytestmark = ONE_MODE
PATH: Final = "/graphql/flash"
OUTSIDE: Final = (
    "{ shop { name } }",
    '{ __typename flashSaleTicket(saleId: "x") { position } shop { name } }',
    "query { ...A } fragment A on Query { ... on Query { ...B } } fragment B on Query { shop { name } }",
    "query ($no: Boolean = false) { __typename shop @include(if: $no) { name } }",
    "{ __schema { queryType { name } } }",
    "{ _service { sdl } }",
    "mutation { logoutEverywhere { __typename } }",
    'subscription { orderUpdated(id: "x") { id } }',
)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    async with serve(settings.model_copy(update={"federation": True})) as running:
        yield running


def refused(answer: dict[str, Any]) -> str | None:
    """The field that is not served; None for any other answer."""
    [error] = answer.get("errors") or [{}]
    found = error.get("extensions") or {}
    if found.get("code") != "NOT_SERVED_HERE":
        return None
    assert answer.get("data") is None
    return str(found.get("field"))


async def test_an_order_and_nothing_else(server: Server) -> None:
    shop, http = Shop(server), server.http
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    known = {"authorization": f"Bearer {ada.token}"}
    wish = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": new_key()}
    buy = {"query": PLACE, "variables": {"input": wish}}
    for path in (PATH, "/graphql"):  # by its key it is one order
        placed = (await http.post(path, json=buy, headers=known)).json()["data"]["placeFlashOrder"]
        assert (placed["__typename"], placed["lines"][0]["sku"]) == ("Order", offer.sku)
    # In memory it is; the address of the whole has it.
    assert (await http.post("/graphql", json={"query": OUTSIDE[0]})).status_code == 200
    for query in OUTSIDE:
        reply = await http.post(PATH, json={"query": query}, headers=known)
        assert (reply.status_code, bool(refused(reply.json()))) == (421, True), query
    assert refused((await http.get(PATH, params={"query": OUTSIDE[0]})).json()) == "shop"
    assert (await http.post(PATH, json={"query": "{ __typename }"})).json() == {"data": {"__typename": "Query"}}
    # What is none is told as everywhere.
    assert (await http.post(PATH, json={"query": "{ nothing }"})).json()["errors"][0]["extensions"]["code"] == (
        "GRAPHQL_VALIDATION_FAILED"
    )
    events = await http.post(PATH, json={"query": OUTSIDE[-1]}, headers={**known, "accept": "text/event-stream"})
    assert events.status_code == 421


async def test_in_batches_by_names_and_over_websockets(server: Server) -> None:
    http = server.http
    batch = [{"query": OUTSIDE[0]}, {"query": "{ __typename }"}, {"query": OUTSIDE[6]}]
    answers = (await http.post(PATH, json=batch)).json()
    assert [refused(one) for one in answers] == ["shop", None, "logoutEverywhere"]
    digest = hashlib.sha256(OUTSIDE[0].encode()).hexdigest()
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}
    assert (await http.post("/graphql", json={"query": OUTSIDE[0], **named})).status_code == 200
    for document in (named, {"documentId": f"sha256:{digest}"}):
        assert refused((await http.post(PATH, json=document)).json()) == "shop"
    async with greeted(server, path=PATH) as live:
        for query, field in ((OUTSIDE[0], "shop"), (OUTSIDE[6], "logoutEverywhere"), (OUTSIDE[7], "orderUpdated")):
            await live.subscribe(query)
            message = await live.receive()
            assert (message["type"], message["payload"][0]["extensions"]["field"]) == ("error", field)
        await live.subscribe("{ __typename }")
        assert (await live.receive())["payload"] == {"data": {"__typename": "Query"}}


async def test_a_process_of_its_own_serves_nothing_beside(server: Server) -> None:
    transport = httpx.ASGITransport(build_app(server.infra, area="flash"))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as http:
        for path in ("/graphql", PATH):
            assert refused((await http.post(path, json={"query": OUTSIDE[0]})).json()) == "shop"
            # No page either.
            assert (await http.get(path, headers={"accept": "text/html"})).status_code >= 400
        assert (await http.get("/readyz")).status_code == 200
        for path in ("/", "/webhooks/sandbox", "/media/x", "/.well-known/jwks.json", "/sandbox/x", "/instances"):
            assert (await http.post(path)).status_code == 404, path
