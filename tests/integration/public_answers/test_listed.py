"""A shop that knows its clients runs the documents of their builds, and no others."""

import hashlib
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from graphql_api import runtime
from services.doctor.check_documents import check_documents
from services.doctor.finding import Level
from services.document.load_documents import load_documents
from services.document.read_manifest import Listed
from services.document.remove_documents import remove_all_documents, remove_documents
from settings import Settings
from tests.integration.public_answers.asking import serving
from tests.modes import ONE_MODE
from tests.server import Server
from tests.waiting import until

NAME = "query Kind { __typename }"
LOGOUT = 'mutation Out { logout(input: {refreshToken: "x"}) { __typename } }'
# As Relay names documents by default, and as anybody may.
MD5 = hashlib.md5(NAME.encode()).hexdigest()
OTHER = "{ categories { name } }"


def by_hash(query: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


async def _code(server: Server, body: object, **headers: str) -> object:
    reply = await server.http.post("/graphql", json=body, headers=headers)
    data = reply.json()
    return data["errors"][0]["extensions"]["code"] if "errors" in data else data["data"]


async def _over_a_socket(server: Server, query: str) -> dict[str, Any]:
    url = server.url.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
        answer: dict[str, Any] = json.loads(await socket.recv())
        return answer


@ONE_MODE
async def test_only_what_is_listed_is_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_READ_LIST_EVERY", 0.05)
    async with serving(settings.model_copy(update={"persisted_only": True})) as server:
        named = {"documentId": MD5}
        assert await _code(server, named) == "DOCUMENT_NOT_LISTED"
        [empty] = await check_documents(server.infra)
        assert (empty.level, empty.what) == (Level.WRONG, "none is on the list, and no others are run")
        assert await load_documents(server.infra, [Listed(MD5, NAME), Listed("out-1", LOGOUT)]) == 2

        async def known() -> bool:
            return await _code(server, named) == {"__typename": "Query"}

        await until(known, bool)
        assert [one.level for one in await check_documents(server.infra)] == [Level.GOOD]
        # By its id, in either way and in capitals; and by its very text.
        again = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": MD5.upper()}}}
        for body in (again, {"query": NAME}, {"query": NAME, "extensions": by_hash(NAME)}):
            assert await _code(server, body) == {"__typename": "Query"}, body
        assert (await server.http.get("/graphql", params=named)).json() == {"data": {"__typename": "Query"}}
        assert await _code(server, {"documentId": "out-1"}) == {"logout": {"__typename": "SessionExpired"}}
        # Nothing else is: whether it is known by its hash, or the schema's own questions.
        refused = (
            {"query": OTHER},
            {"query": OTHER, "extensions": by_hash(OTHER)},
            {"extensions": by_hash(OTHER)},
            {"query": OTHER, "documentId": MD5},
            {"query": "{ __schema { queryType { name } } }"},
            {"documentId": "x"},
        )
        for body in refused:
            assert await _code(server, body) == "DOCUMENT_NOT_LISTED", body
        reply = await server.http.post("/graphql", json=[named, {"query": OTHER}])
        assert [list(one) for one in reply.json()] == [["data"], ["errors"]]
        assert await _code(server, {"query": OTHER}, accept="text/event-stream") == "DOCUMENT_NOT_LISTED"
        assert (await _over_a_socket(server, NAME))["payload"] == {"data": {"__typename": "Query"}}
        [error] = (await _over_a_socket(server, OTHER))["payload"]
        assert error["extensions"]["code"] == "DOCUMENT_NOT_LISTED"
        # The page to try things on would have nothing to try.
        assert "<html" not in (await server.http.get("/graphql", headers={"accept": "text/html"})).text
        # A Redis that lost its memory has lost nothing of it.
        await server.infra.redis.client.flushdb()
        assert await known()
        assert await remove_documents(server.infra, [MD5, "never"]) == {"never"}
        assert await remove_documents(server.infra, [MD5]) == set()
        await until(known, lambda is_known: not is_known)
        assert await _code(server, {"documentId": "out-1"}) == {"logout": {"__typename": "SessionExpired"}}


async def test_a_list_is_no_fence_of_itself(settings: Settings, server: Server) -> None:
    await load_documents(server.infra, [Listed("kind-1", NAME)])
    async with serving(settings) as other:
        assert await _code(other, {"documentId": "kind-1"}) == {"__typename": "Query"}
        assert await _code(other, {"query": OTHER}) == {"categories": []}
        assert await _code(other, {"extensions": by_hash(OTHER)}) == "PERSISTED_QUERY_NOT_FOUND"
        assert await _code(other, {"query": OTHER, "documentId": "kind-1"}) == "BAD_REQUEST"
        assert await remove_all_documents(other.infra) == 1
    assert await _code(server, {"documentId": "kind-1"}) == "BAD_REQUEST"
