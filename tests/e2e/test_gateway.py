"""A gateway in front asks who it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from graphql_api.app import build_app
from infra.ports import free_port
from settings import Settings
from tests.app_server import serving
from tests.deb_program import installed
from tests.e2e.running import ROOT
from tests.e2e.shop import Person, Shop
from tests.e2e.test_admin import NEW_TOKEN, admin
from tests.modes import ONE_MODE
from tests.server import Server, serve
from tests.waiting import until

pytestmark = ONE_MODE

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND")
PREFLIGHT = {"origin": "https://shop.test", "access-control-request-method": "POST"}
NOBODY = {"x-user-id": "", "x-user-roles": "", "x-token-id": "", "x-token-scopes": ""}


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """With what could get into a gateway's way: sessions in cookies, and answers to preflights."""
    sign_in = settings.sign_in.model_copy(update={"session_cookies": True})
    changes = {
        "sign_in": sign_in,
        "cors_origins": ("https://shop.test",),
        "trusted_proxies": (ip_network("127.0.0.0/8"),),
        "rate_limits": {"wrongTokens": "2/6000s"},
    }
    async with serve(settings.model_copy(update=changes)) as server:
        yield server


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def who(reply: httpx.Response) -> dict[str, str]:
    assert (reply.status_code, reply.content) == (200, b"")
    return {name: reply.headers[name] for name in NOBODY}


async def test_it_is_told_who_it_is_by_any_method_and_path(server: Server) -> None:
    shop, http = Shop(server), server.http
    ada, sam = await shop.customer(), await shop.staff()
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for method in METHODS:
            for path in ("/auth", "/auth/", "/auth/graphql", "/auth/a/../%2e%2e/%00?x=1&query={me{id}}"):
                known = await http.request(method, path, headers={**bearer(ada.token), **PREFLIGHT})
                assert who(known) == {**NOBODY, "x-user-id": ada.id, "x-user-roles": "CUSTOMER"}
                assert known.headers["cache-control"] == "no-store"
                # What CORS says to preflights is not said here.
                nobody = await http.request(method, path, headers=PREFLIGHT)
                assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
                assert nobody.headers["cache-control"] == "no-store"
        # The process's own loops have others.
        assert [one for one in statements if "users" in one or "sessions" in one] == []
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert who(await http.get("/auth", headers=bearer(sam.token)))["x-user-roles"] == "CUSTOMER,STAFF"
    # Where a browser signs in nothing is let through either.
    for method in METHODS:
        assert (await http.request(method, "/auth/oidc/x/login", headers=PREFLIGHT)).status_code >= 400
    assert (await http.get("/authority", headers=bearer(ada.token))).status_code == 404

    assert "errors" not in await server.graphql("mutation { logoutEverywhere { __typename } }", {}, ada.token)
    revoked = await http.get("/auth", headers=bearer(ada.token))
    assert (revoked.status_code, "x-user-id" in revoked.headers) == (401, False)


async def test_machines_strangers_and_cookies(server: Server) -> None:
    shop, http = Shop(server), server.http
    root, ada = await admin(shop), await shop.customer()
    wish = {"input": {"name": "PIM", "scopes": ["ORDERS_READ", "CATALOG_WRITE"]}}
    made = (await shop.ask(NEW_TOKEN, wish, root))["createServiceToken"]
    machine = {"x-token-id": made["serviceToken"]["id"], "x-token-scopes": "CATALOG_WRITE,ORDERS_READ"}
    assert who(await http.get("/auth/x", headers=bearer(made["token"]))) == {**NOBODY, **machine}

    session = {"cookie": f"rushcart_access={ada.token}"}
    assert who(await http.get("/auth", headers=session))["x-user-id"] == ada.id
    assert (await http.delete("/auth", headers=session)).status_code == 403
    assert who(await http.delete("/auth", headers={**session, "x-requested-with": "x"}))["x-user-id"] == ada.id
    for cookie in ("rushcart_access=x", "__Host-rushcart_access=" + ada.token, ";=\xff;"):
        assert (await http.get("/auth", headers={b"cookie": cookie.encode("latin-1")})).status_code == 401
    # Over https cookies have other names.
    secure = {"cookie": f"__Host-rushcart_access={ada.token}", "x-forwarded-proto": "https"}
    assert who(await http.get("/auth", headers=secure))["x-user-id"] == ada.id

    guessing = {"x-forwarded-for": "203.0.113.9"}
    for token, status in (("x", 401), ("x" * 5000, 401), ("rct_x", 429)):
        refused = await http.get("/auth", headers={**bearer(token), **guessing})
        assert (refused.status_code, refused.headers["cache-control"]) == (status, "no-store")
    assert (await http.get("/auth", headers={"authorization": "Basic eDp5"})).status_code == 401


def in_guide(heading: str) -> str:
    """What the guide has nginx do, below this heading."""
    guide = (ROOT / "docs/gateways.md").read_text().partition(f"## {heading}\n")[2]
    return guide.partition("```nginx\n")[2].partition("```")[0]


@asynccontextmanager
async def nginx(folder: Path, http: str, port: int, status: int) -> AsyncIterator[httpx.AsyncClient]:
    """With this in its block ``http``; ready when its root is answered with the status."""
    places = "".join(
        f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {places} {http} }}"
    )
    program = await asyncio.to_thread(installed, "nginx", "nginx-light")
    process = await asyncio.create_subprocess_exec(program, "-e", str(folder / "error.log"), "-c", str(conf))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def answers() -> bool:
                try:
                    return (await client.get("/")).status_code == status
                except httpx.TransportError:
                    return False

            await until(answers, bool)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def test_nginx_lets_through_who_is_known(server: Server, tmp_path: Path) -> None:
    async def tell(request: Request) -> JSONResponse:
        seen = {name: request.headers.get(name, "") for name in NOBODY}
        return JSONResponse({**seen, "body": (await request.body()).decode()})

    ada: Person = await Shop(server).customer()
    service = Starlette(routes=[Route("/{path:path}", tell, methods=["GET", "POST"])])
    forged, port = dict.fromkeys(NOBODY, "forged"), free_port()
    asking = in_guide("nginx").replace("http://127.0.0.1:8000", server.url)
    async with serving(service) as url:
        inner = f"listen 127.0.0.1:{port}; {asking.replace('http://127.0.0.1:9000', url)}"
        async with nginx(tmp_path, f"server {{ {inner} }}", port, 401) as http:
            await _lets_through_who_is_known(http, ada, forged)


async def _lets_through_who_is_known(http: httpx.AsyncClient, ada: Person, forged: dict[str, str]) -> None:
    seen = await http.post("/mine", content="a body", headers={**bearer(ada.token), **forged})
    assert seen.json() == {**NOBODY, "x-user-id": ada.id, "x-user-roles": "CUSTOMER", "body": "a body"}
    refused = await http.get("/mine", headers={**bearer("x"), **forged})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    session = {"cookie": f"rushcart_access={ada.token}"}
    assert (await http.post("/mine", headers=session)).status_code == 403
    assert (await http.get("/mine", headers=session)).json()["x-user-id"] == ada.id


async def test_nginx_sends_the_hot_mutations_to_processes_of_their_own(server: Server, tmp_path: Path) -> None:
    port = free_port()
    route = in_guide("Processes for the moment of a sale").replace("8080", f"127.0.0.1:{port}")
    hot = "{ shop { name } }"
    async with serving(build_app(server.infra, area="flash")) as flash:
        for name, url in (("rushcart", server.url), ("rushcart_flash", flash)):
            (tmp_path / f"{name}.upstream").write_text(f"server {url.removeprefix('http://')};\n")
        route = route.replace("include ", f"include {tmp_path}/")
        async with nginx(tmp_path, route, port, 307) as http:
            assert (await http.post("/graphql", json={"query": hot})).status_code == 200
            assert (await http.post("/graphql/flash", json={"query": hot})).status_code == 421
            # They have no page for browsers, nor anything else that APIs have.
            assert (await http.get("/.well-known/jwks.json")).status_code == 200
