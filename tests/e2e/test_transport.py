"""GraphQL over HTTP as a client meets it: what is wrong gets a code and names its place."""

import json
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = ONE_MODE

GRAPHQL = "application/graphql-response+json"
ME = "{ me { email } }"
NODES = "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id } }"
REGISTER = """
mutation Register($input: RegisterInput!) {
  register(input: $input) {
    __typename
    ... on Session { accessToken accessTokenExpiresAt user { id email displayName roles } }
    ... on Error { code message }
    ... on InvalidInput { fields { path message } }
  }
}
"""
LOGIN = """
mutation Login($input: LoginInput!) {
  login(input: $input) { __typename ... on Session { accessToken user { email } } ... on Error { code message } }
}
"""
ADA = {"email": "ada@example.com", "password": "correct horse", "displayName": "Ada"}


def _codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


def _is_clean(reply: httpx.Response) -> bool:
    """No trace of Python in an answer, and an id to ask about it."""
    words = ("Traceback", 'File "', ".py", "site-packages", "Exception", "padding", "int()", "codec")
    return not any(word in reply.text for word in words) and len(reply.headers["x-request-id"]) >= 8


async def _post(server: Server, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    all_headers = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    reply = await server.http.post("/graphql", content=content, headers=all_headers)
    assert reply.status_code < 500
    assert _is_clean(reply), reply.text
    return reply


HOSTILE: dict[str, tuple[Any, str]] = {
    "syntax": ({"query": "{ me { "}, "GRAPHQL_PARSE_FAILED"),
    "unknown field": ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
    "deep": ({"query": "{" + "a{" * 5000}, "QUERY_TOO_COMPLEX"),
    "huge": ({"query": "{" + "me{id}" * 20_000 + "}"}, "QUERY_TOO_COMPLEX"),
    "many aliases": ({"query": "{ me {" + " ".join(f"a{n}: id" for n in range(40)) + "} }"}, "QUERY_TOO_COMPLEX"),
    "malformed id": ({"query": '{ node(id: "💥") { id } }'}, "BAD_USER_INPUT"),
    "id of nothing": ({"query": '{ nodes(ids: ["", "VXNlcjox"]) { id } }'}, "BAD_USER_INPUT"),
    "101 ids": (
        {"query": NODES, "variables": {"ids": ["x"] * 101}},
        "BAD_USER_INPUT",
    ),
    "cursor": ({"query": '{ products(after: "not a cursor") { pageInfo { endCursor } } }'}, "BAD_USER_INPUT"),
    "first -1": ({"query": "{ products(first: -1) { pageInfo { endCursor } } }"}, "BAD_USER_INPUT"),
    "first 101": ({"query": "{ products(first: 101) { pageInfo { endCursor } } }"}, "BAD_USER_INPUT"),
    "wrong type": ({"query": LOGIN, "variables": {"input": {"email": 1, "password": []}}}, "BAD_USER_INPUT"),
    "missing variable": ({"query": LOGIN}, "BAD_USER_INPUT"),
    "long string": (
        {"query": LOGIN, "variables": {"input": {"email": "x" * 100_000, "password": "x"}}},
        "BAD_USER_INPUT",
    ),
    "unknown operation": ({"query": ME, "operationName": "Other"}, "BAD_REQUEST"),
    "two operations": ({"query": "query A { me { id } } query B { me { id } }"}, "BAD_REQUEST"),
    "subscription": ({"query": "subscription { me { id } }"}, "GRAPHQL_VALIDATION_FAILED"),
    "no query": ({}, "BAD_REQUEST"),
    "query null": ({"query": None}, "BAD_REQUEST"),
    "query a number": ({"query": 1}, "BAD_REQUEST"),
    "variables a list": ({"query": ME, "variables": [1]}, "BAD_REQUEST"),
    "a string": ("{ me { id } }", "BAD_REQUEST"),
    "not JSON": (b"{", "BAD_REQUEST"),
    "not UTF-8": (b'{"query": "\xff"}', "BAD_REQUEST"),
    "lone surrogate": (b'{"query": "{me{id}} #\\ud800"}', "BAD_REQUEST"),
    "deep JSON": (b'{"variables":' + b"[" * 100_000, "BAD_REQUEST"),
    "empty": (b"", "BAD_REQUEST"),
    "empty batch": ([], "BAD_REQUEST"),
    "batch of 11": ([{"query": ME}] * 11, "BAD_REQUEST"),
    "1 MB": ({"query": LOGIN, "variables": {"input": {"email": "x" * 1_000_000}}}, "PAYLOAD_TOO_LARGE"),
}


async def test_whatever_is_sent_gets_a_code(server: Server) -> None:
    for name, (body, code) in HOSTILE.items():
        reply = await _post(server, body)
        answer = reply.json()
        assert set(_codes(answer)) == {code}, f"{name}: {reply.text}"
        assert len(reply.content) < 20_000, name
        strict = await _post(server, body, accept=GRAPHQL)
        assert strict.headers["content-type"] == f"{GRAPHQL}; charset=utf-8", name
        in_the_field = "data" in answer
        assert (strict.status_code == 200) == in_the_field, name
    assert (await server.graphql(ME)) == {"data": {"me": None}}


async def test_the_place_at_fault_is_named(server: Server) -> None:
    answer = await server.graphql('{ products(after: "zzz") { pageInfo { endCursor } } }')
    assert answer["errors"][0]["message"] == "after: is not a cursor of this list"
    answer = await server.graphql(LOGIN, {"input": {"email": 1, "password": "x"}})
    assert "email" in answer["errors"][0]["message"]
    answer = await server.graphql(LOGIN, {"input": {"email": "x" * 70_000, "password": "x"}})
    assert answer["errors"][0]["message"] == "variables.input.email: a string may have at most 65536 characters."


@pytest.mark.parametrize(
    "given",
    [
        {"email": {"password": "s3cret"}, "password": "x"},
        {"email": ["s3cret"], "password": "x"},
        {"email": "ada@example.com", "password": {"value": "s3cret"}},
        {"email": "ada@example.com", "password": "s3cret", "more": 1},
    ],
)
async def test_what_is_refused_is_not_repeated(server: Server, given: dict[str, Any]) -> None:
    answer = await server.graphql(LOGIN, {"input": given})
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "s3cret" not in str(answer)
    literal = json.dumps(given).replace('"email"', "email").replace('"password"', "password")
    literal = literal.replace('"value"', "value").replace('"more"', "more")
    written = await server.graphql(f"mutation {{ login(input: {literal}) {{ __typename }} }}")
    assert {error["extensions"]["code"] for error in written["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert "s3cret" not in str(written)


async def test_a_token_that_is_not_valid_stops_everything(server: Server) -> None:
    for token in ("nonsense", "a.b.c", "e30.e30.", "x" * 10_000):
        reply = await _post(server, {"query": ME}, authorization=f"Bearer {token}")
        assert (reply.status_code, _codes(reply.json())) == (401, ["UNAUTHENTICATED"])
        assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    reply = await _post(server, {"query": ME}, authorization="Basic YTpi")
    assert (reply.status_code, _codes(reply.json())) == (401, ["UNAUTHENTICATED"])


async def test_a_mutation_for_staff(server: Server) -> None:
    create = """mutation { createProduct(input: {title: "Cap", variants: [{sku: "CAP", price: "1.00",
        currencyCode: "EUR", quantity: 1}]}) { __typename } }"""
    token = (await server.graphql(REGISTER, {"input": ADA}))["data"]["register"]["accessToken"]
    assert _codes(await server.graphql(create)) == ["UNAUTHENTICATED"]
    assert _codes(await server.graphql(create, token=token)) == ["FORBIDDEN"]
    assert (await server.graphql("{ products { totalCount } }")) == {"data": {"products": {"totalCount": 0}}}


async def test_a_batch_runs_each_operation(server: Server) -> None:
    reply = await _post(server, [{"query": ME}, {"query": "{ nothing }"}, {"query": "{ categories { id } }"}])
    assert reply.status_code == 200
    first, second, third = reply.json()
    assert (first, third) == ({"data": {"me": None}}, {"data": {"categories": []}})
    assert _codes(second) == ["GRAPHQL_VALIDATION_FAILED"]


async def test_get_is_for_queries(server: Server) -> None:
    get = server.http.get
    reply = await get("/graphql", params={"query": NODES, "variables": '{"ids":[]}'})
    assert (reply.status_code, reply.json()) == (200, {"data": {"nodes": []}})
    reply = await get(
        "/graphql", params={"query": 'mutation { login(input: {email: "", password: ""}) { __typename } }'}
    )
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    reply = await get("/graphql", params={"query": ME, "variables": "{"})
    assert (reply.status_code, _codes(reply.json())) == (400, ["BAD_REQUEST"])
    reply = await server.http.put("/graphql", json={"query": ME})
    assert (reply.status_code, reply.headers["allow"]) == (405, "GET, POST")


async def test_media_types(server: Server) -> None:
    query = {"query": ME}
    for accept, media_type in (
        ("*/*", "application/json"),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, */*;q=0.5", GRAPHQL),
    ):
        reply = await _post(server, query, accept=accept)
        assert reply.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert (await _post(server, query, accept="text/csv")).status_code == 406
    assert (await _post(server, query, content_type="text/plain")).status_code == 415
    assert (await _post(server, query, content_type="application/json; charset=utf-16")).status_code == 415
    assert (await _post(server, query, content_type="Application/JSON; charset=UTF-8")).status_code == 200


async def test_introspection_is_open(server: Server) -> None:
    answer = await server.graphql(get_introspection_query())
    assert "errors" not in answer
    assert answer["data"]["__schema"]["mutationType"]["name"] == "Mutation"


async def test_a_slash_too_many_leads_nowhere(server: Server) -> None:
    """A redirect would name the host that the request did."""
    answer = await server.http.get("/graphql/", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


async def test_request_ids_and_careful_headers(server: Server) -> None:
    reply = await _post(server, {"query": ME}, x_request_id="shop-frontend:42")
    assert reply.headers["x-request-id"] == "shop-frontend:42"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    trace = "0af7651916cd43dd8448eb211c80319c"
    reply = await _post(server, {"query": ME}, traceparent=f"00-{trace}-b7ad6b7169203331-01", x_request_id="<x>")
    assert reply.headers["x-request-id"] == trace
    reply = await _post(server, {"query": ME}, traceparent="00-nonsense")
    assert len(reply.headers["x-request-id"]) == 32


async def test_health(server: Server) -> None:
    assert (await server.http.get("/healthz")).json() == {"status": "alive"}
    ready = (await server.http.get("/readyz")).json()
    assert ready["status"] == "ready"
    assert {name: store["status"] for name, store in ready["stores"].items()} == {
        "database": "up",
        "redis": "up",
        "event_log": "up",
    }
    assert all(0 < store["latencyMs"] < 5000 for store in ready["stores"].values())
    reply = await server.http.get("/nothing/here")
    assert (reply.status_code, _codes(reply.json())) == (404, ["NOT_FOUND"])


@pytest.mark.parametrize("more", [1, 100_000])
async def test_a_body_without_a_length_is_cut_off_too(server: Server, more: int) -> None:
    async def chunks() -> Any:
        yield b'{"query":"{ me { id } }","x":"'
        for _ in range(10):
            yield b"x" * more
        yield b'"}'

    reply = await server.http.post("/graphql", content=chunks(), headers={"content-type": "application/json"})
    assert reply.status_code == (200 if more == 1 else 413)
