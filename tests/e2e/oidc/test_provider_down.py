"""Providers that are misconfigured, broken, down or do not answer: nobody is kept waiting for them."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.responses import PlainTextResponse

from settings import Settings
from settings.sign_in import OidcProvider
from tests.e2e.oidc.bad_provider import CLIENT_ID, NAME, BadProvider, nobody_was_made, sign_in
from tests.e2e.oidc.browser import FRONT, Browser
from tests.modes import ONE_MODE
from tests.server import Server, serve
from tests.waiting import pause

pytestmark = ONE_MODE

# For the tests in which the provider does not answer; the others have the time that a busy machine needs.
PATIENCE = 1.5


@pytest.fixture
async def server(bad_settings: Settings) -> AsyncIterator[Server]:
    async with serve(bad_settings) as running:
        yield running


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": 7},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
    ],
    ids=str,
)
async def test_metadata_that_cannot_be_relied_on(
    server: Server, browser: Browser, bad: BadProvider, metadata: dict[str, Any]
) -> None:
    bad.metadata = metadata
    reply = await browser.start(NAME)
    assert isinstance(reply, httpx.Response)
    assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (502, "PROVIDER_ANSWER_INVALID")
    # It is asked again the next time.
    bad.metadata = {}
    assert set((await sign_in(browser)).outcome) == {"signInCode"}


@pytest.mark.parametrize("status", [404, 500, 503])
async def test_metadata_that_are_not_there(
    server: Server, browser: Browser, bad: BadProvider, status: int
) -> None:
    bad.answers["/.well-known/openid-configuration"] = lambda _: PlainTextResponse("", status)
    reply = await browser.start(NAME)
    assert isinstance(reply, httpx.Response)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert reply.json()["errors"][0]["extensions"]["code"] == "PROVIDER_UNAVAILABLE"


@pytest.mark.parametrize("patience", [PATIENCE])
async def test_a_provider_that_hangs_keeps_nobody_waiting(
    server: Server, browser: Browser, bad: BadProvider
) -> None:
    bad.hangs_at = "/.well-known/openid-configuration"
    login = f"{server.url}/auth/oidc/{NAME}/login?" + urlencode({"returnTo": f"{FRONT}/"})
    begun = time.monotonic()
    replies = await asyncio.gather(*(browser.http.get(login) for _ in range(20)))
    # All of them together wait as long as one does.
    assert time.monotonic() - begun < 2 * PATIENCE + pause()
    assert {reply.status_code for reply in replies} == {503}


@pytest.mark.parametrize("patience", [PATIENCE])
@pytest.mark.parametrize("path", ["/token", "/jwks", "/userinfo"])
async def test_a_provider_that_hangs_on_the_way_back(
    server: Server, browser: Browser, bad: BadProvider, path: str
) -> None:
    bad.hangs_at, bad.without = path, ("email", "email_verified")
    begun = time.monotonic()
    assert (await sign_in(browser)).outcome == {"error": "PROVIDER_UNAVAILABLE"}
    assert time.monotonic() - begun < PATIENCE + pause()
    assert await nobody_was_made(server)


async def test_a_provider_that_is_down_is_said_to_people_and_to_programs(bad_settings: Settings) -> None:
    nowhere = OidcProvider(issuer="http://127.0.0.1:1", client_id=CLIENT_ID)
    async with serve(bad_settings.model_copy(update={"oidc_providers": {NAME: nowhere}})) as server:
        program = await server.http.get(f"/auth/oidc/{NAME}/login")
        person = await server.http.get(f"/auth/oidc/{NAME}/login", headers={"accept": "text/html,*/*"})
    assert (program.status_code, program.headers["content-type"]) == (503, "application/json")
    assert program.json()["errors"][0]["extensions"] == {"code": "PROVIDER_UNAVAILABLE"}
    assert (person.status_code, person.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "<h1>The other provider does not answer at the moment. Try again soon.</h1>" in person.text
    assert "default-src 'none'" in person.headers["content-security-policy"]
