"""What a shop that faces the internet shows of itself, and tells browsers."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import SecretStr

from settings import Settings
from tests.modes import ONE_MODE
from tests.server import serve

pytestmark = ONE_MODE

HSTS = "strict-transport-security"
PAGE = {"accept": "text/html"}


def _with(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update=changes)


async def _asked(settings: Settings, query: str, variables: Mapping[str, Any] | None = None) -> Any:
    async with serve(settings) as server:
        return await server.graphql(query, dict(variables or {}))


async def test_introspection_can_be_off(settings: Settings) -> None:
    closed = _with(settings, introspection=False)
    async with serve(closed) as server:
        for query in ("{ __schema { types { name } } }", '{ a: __type(name: "User") { name } }'):
            answer = await server.graphql(query)
            assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
            assert "data" not in answer
        # Nor one name after the other.
        for query, variables in (
            ("{ produts { totalCount } }", {}),
            ("{ me { emai } }", {}),
            ("{ product(slg: 1) { id } }", {}),
            ("query P($f: ProductFiltr) { products(filter: $f) { totalCount } }", {}),
            ("query P($f: ProductFilter) { products(filter: $f) { totalCount } }", {"f": {"vendr": "x"}}),
            ("query P($s: [OrderStatus!]) { me { orders(status: $s) { totalCount } } }", {"s": ["PAYD"]}),
        ):
            [error, *_] = (await server.graphql(query, variables))["errors"]
            assert "Did you mean" not in error["message"], error
        assert (await server.graphql("{ __typename }"))["data"] == {"__typename": "Query"}
    assert (await _asked(settings, "{ __schema { queryType { name } } }"))["data"] is not None
    [error] = (await _asked(settings, "{ produts { totalCount } }"))["errors"]
    assert "Did you mean 'products'" in error["message"]


async def test_graphiql_can_be_off(settings: Settings) -> None:
    async with serve(_with(settings, graphiql=False)) as server:
        opened = await server.http.get("/graphql", headers=PAGE)
        assert (opened.status_code, "<html" in opened.text) == (406, False)
        assert (await server.http.get("/")).status_code == 404
        assert (await server.http.get("/graphiql-assets/graphiql.js")).status_code == 404
    async with serve(settings) as server:
        assert "<html" in (await server.http.get("/graphql", headers=PAGE)).text


@pytest.mark.parametrize(
    ("header", "headers", "told"),
    [
        ("x-forwarded-for", {}, False),
        ("x-forwarded-for", {"x-forwarded-proto": "https"}, True),
        ("x-forwarded-for", {"x-forwarded-proto": "HTTPS"}, True),
        ("x-forwarded-for", {"x-forwarded-proto": "http"}, False),
        # What stands before the nearest proxy's word may be the client's.
        ("x-forwarded-for", {"x-forwarded-proto": "https, http"}, False),
        ("x-forwarded-for", {"x-forwarded-proto": "http, https"}, True),
        ("x-forwarded-for", {"forwarded": "for=192.0.2.1;proto=https"}, False),
        ("forwarded", {"forwarded": "for=192.0.2.1;proto=https"}, True),
        ("forwarded", {"forwarded": "proto=http, for=192.0.2.1;proto=https;by=_us"}, True),
        ("forwarded", {"forwarded": "proto=https, for=192.0.2.1"}, False),
        ("forwarded", {"x-forwarded-proto": "https"}, False),
    ],
)
async def test_browsers_that_came_by_https_are_told_to_stay(
    settings: Settings, header: str, headers: dict[str, str], told: bool
) -> None:
    proxies = (ip_network("127.0.0.0/8"),)
    async with serve(_with(settings, trusted_proxies=proxies, trusted_proxy_header=header)) as server:
        for path in ("/healthz", "/nothing", "/graphql?query={__typename}"):
            reply = await server.http.get(path, headers=headers)
            assert reply.headers.get(HSTS) == ("max-age=31536000" if told else None)


async def test_a_client_does_not_say_itself_how_it_came(settings: Settings) -> None:
    said = {"x-forwarded-proto": "https", "forwarded": "proto=https"}
    async with serve(settings) as server:
        assert HSTS not in (await server.http.get("/healthz", headers=said)).headers
    proxies = (ip_network("127.0.0.0/8"),)
    async with serve(_with(settings, trusted_proxies=proxies, hsts_seconds=0)) as server:
        assert HSTS not in (await server.http.get("/healthz", headers=said)).headers


async def test_readiness_is_for_all_and_the_stores_for_who_sees_metrics(settings: Settings) -> None:
    async with serve(_with(settings, metrics_token=SecretStr("seen"))) as server:
        reply = await server.http.get("/readyz")
        assert (reply.status_code, reply.json()) == (200, {"status": "ready"})
        wrong = await server.http.get("/readyz", headers={"authorization": "Bearer sen"})
        assert wrong.json() == {"status": "ready"}
        right = await server.http.get("/readyz", headers={"authorization": "Bearer seen"})
        assert set(right.json()["stores"]) == {"database", "redis", "event_log"}
