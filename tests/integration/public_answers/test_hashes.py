"""Documents that are known by their hash."""

import hashlib
import json
from typing import Any

from services.document.keep_document import weigh_documents
from settings import Settings
from tests.integration.catalog.products import create
from tests.integration.public_answers.asking import BY_SLUG, GRAPHQL_JSON, serving
from tests.live import greeted
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = ONE_MODE


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
        assert (unknown.status_code, unknown.headers["cache-control"]) == (200, "no-store")
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
    assert await weigh_documents(server.infra) == 0


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


async def test_over_a_socket_documents_are_named_as_over_http(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    digest, variables = hash_of(BY_SLUG), {"slug": "shirt"}
    title = {"data": {"product": {"title": "Shirt"}}}
    named: list[dict[str, Any]] = [
        {"documentId": f"sha256:{digest}"},
        {"documentId": digest},
        {"extensions": by_hash(digest), "query": ""},
    ]
    wrong: list[dict[str, Any]] = [
        {"documentId": "x"},
        {"query": "{ a }", "extensions": by_hash("0" * 64)},
        {},
        {"query": ""},
    ]
    async with greeted(server) as socket:

        async def ask(payload: dict[str, Any]) -> Any:
            body = {"variables": variables, "operationName": None, **payload}
            await socket.send(type="subscribe", id="1", payload=body)
            answer = await socket.receive()
            if answer["type"] == "next":
                assert (await socket.receive())["type"] == "complete"
            over_http = (await server.http.post("/graphql", json=body)).json()
            assert over_http == ({"errors": answer["payload"]} if answer["type"] == "error" else answer["payload"])
            return over_http

        for one in named:
            [error] = (await ask(one))["errors"]
            assert error["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}
        for one in wrong:
            [error] = (await ask(one))["errors"]
            assert error["extensions"]["code"] == "BAD_REQUEST"
        assert await ask({"query": BY_SLUG, "extensions": by_hash(digest)}) == title
        for one in named:
            assert await ask(one) == title
        await socket.send(type="subscribe", id="1", payload={"documentId": 7})
        assert (await socket.closed())[0] == 4400
