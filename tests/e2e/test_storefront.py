"""A front end on an origin of its own, as `rushcart dev --storefront` lets it in."""

from typing import Any

from cli.shared.storefront import for_storefront
from settings import Settings
from tests.e2e.shop import PASSWORD, Shop
from tests.modes import ONE_MODE
from tests.server import serve

pytestmark = ONE_MODE

PAGE = "http://localhost:5173"
LOGIN = """mutation Login($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    __typename ... on Session { accessToken user { email } } ... on Error { code } } }"""
TRACING = "baggage, traceparent, tracestate, sentry-trace, apollographql-client-name, apollographql-client-version"


async def test_a_front_end_on_another_port_signs_in_by_cookies(settings: Settings) -> None:
    async with serve(for_storefront(settings, PAGE, "http://127.0.0.1:8000")) as server:
        ada = await Shop(server).customer("Ada")
        asks = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
        preflight = await server.http.options(
            "/graphql", headers={**asks, "Access-Control-Request-Headers": TRACING}
        )
        assert preflight.status_code == 200, preflight.text
        assert preflight.headers["access-control-allow-origin"] == PAGE
        assert preflight.headers["access-control-allow-credentials"] == "true"
        seen = await server.http.get("/healthz", headers={"Origin": PAGE})
        assert "Date" in seen.headers["access-control-expose-headers"].split(", ")

        async def login(site: str, page: str = PAGE) -> Any:
            body = {"query": LOGIN, "variables": {"email": ada.email, "password": PASSWORD}}
            headers = {"Origin": page, "X-Session-Mode": "cookie", "Sec-Fetch-Site": site}
            return await server.http.post("/graphql", json=body, headers=headers)

        dropped = await login("cross-site")
        [error] = dropped.json()["errors"]
        assert error["extensions"] == {"code": "COOKIE_DROPPED"}
        assert PAGE in error["message"]
        assert "set-cookie" not in dropped.headers
        # The page may be opened by the machine's other name: the answer gets there.
        other = await login("cross-site", "http://127.0.0.1:5173")
        assert other.headers["access-control-allow-origin"] == "http://127.0.0.1:5173"
        assert other.json()["errors"][0]["extensions"] == {"code": "COOKIE_DROPPED"}
        kept = await login("same-site")
        assert kept.json()["data"]["login"] == {
            "__typename": "Session", "accessToken": "", "user": {"email": ada.email}
        }  # fmt: skip
        assert len(kept.headers.get_list("set-cookie")) == 2
        server.http.cookies.clear()
        # Who asks for no cookies is given tokens, from wherever.
        body = {"query": LOGIN, "variables": {"email": ada.email, "password": PASSWORD}}
        plain = await server.http.post(
            "/graphql", json=body, headers={"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
        )
        assert plain.json()["data"]["login"]["accessToken"]
