"""A sign-in is finished by the browser that started it, once, and ends only where we send people."""

import time

import httpx
import pytest
from redis.asyncio import Redis

from models import User
from settings import Settings
from tests.e2e.oidc.browser import FRONT, SHOP, Browser, Landing, browsing
from tests.e2e.oidc.certified_provider import CertifiedProvider
from tests.e2e.oidc.operations import count, session_for
from tests.modes import ONE_MODE
from tests.server import Server, serve
from tests.waiting import pause

pytestmark = ONE_MODE

ADA = {"email": "ada@example.com", "email_verified": True}


def code_of(reply: httpx.Response | Landing) -> tuple[int, str]:
    assert isinstance(reply, httpx.Response), reply
    assert "location" not in reply.headers
    return reply.status_code, reply.json()["errors"][0]["extensions"]["code"]


EXPIRED = (400, "SIGN_IN_EXPIRED")


async def test_an_answer_is_taken_once(server: Server, browser: Browser, provider: CertifiedProvider) -> None:
    provider.set_account("ada-20", **ADA)
    back = await browser.way_back("ada-20")
    landing = await browser.follow(back)
    assert isinstance(landing, Landing)
    assert code_of(await browser.follow(back)) == EXPIRED
    await session_for(server, landing.outcome)


async def test_an_answer_of_another_browser_is_not_taken(
    server: Server, browser: Browser, another_browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-21", **ADA)
    back = await browser.way_back("ada-21")
    assert code_of(await another_browser.follow(back)) == EXPIRED
    # Not even by one that has started a sign-in of its own.
    await another_browser.start()
    assert code_of(await another_browser.follow(back)) == EXPIRED
    assert await count(server, User) == 0
    # It was not used up by them.
    assert isinstance(await browser.follow(back), Landing)


async def test_a_state_that_is_not_ours(server: Server, browser: Browser, provider: CertifiedProvider) -> None:
    provider.set_account("ada-22", **ADA)
    back = httpx.URL(await browser.way_back("ada-22"))
    for state in ("", "x", "y" * 43, "z" * 5000, "\U0001f600\x00"):
        assert code_of(await browser.follow(str(back.copy_set_param("state", state)))) == EXPIRED
    assert code_of(await browser.follow(str(back.copy_remove_param("state")))) == EXPIRED
    assert code_of(await browser.follow(f"{back.copy_remove_param('state')}&state=%ff%fe%ed%a0%80")) == EXPIRED
    assert await count(server, User) == 0


async def test_a_code_that_was_not_given_to_this_sign_in(
    server: Server, browser: Browser, another_browser: Browser, provider: CertifiedProvider
) -> None:
    """Code injection (RFC 9700, 4.5): the provider finds that the PKCE verifier is of another request."""
    provider.set_account("ada-23", **ADA)
    stolen = httpx.URL(await another_browser.way_back("ada-23")).params["code"]
    back = httpx.URL(await browser.way_back("eve-23"))
    landing = await browser.follow(str(back.copy_set_param("code", stolen)))
    assert isinstance(landing, Landing)
    assert landing.outcome == {"error": "PROVIDER_REFUSED"}
    assert await count(server, User) == 0


async def test_a_look_ahead_uses_nothing_up(server: Server, browser: Browser, provider: CertifiedProvider) -> None:
    provider.set_account("ada-24", **ADA)
    back = await browser.way_back("ada-24")
    assert (await browser.http.head(browser.locate(back))).status_code == 405
    assert (await browser.http.post(browser.locate(back))).status_code == 405
    assert isinstance(await browser.follow(back), Landing)


async def test_a_provider_that_is_not_configured(browser: Browser) -> None:
    for path in ("google/login", "google/callback", "EXAMPLE/login", "..%2fexample/login"):
        assert (await browser.http.get(f"{browser.server.url}/auth/oidc/{path}")).status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "http:evil.test",
        f"{FRONT}.evil.test/",
        f"{FRONT}@evil.test/",
        f"{FRONT}:80@evil.test/",
        f"{FRONT}\\@evil.test/",
        "http://evil.test\\@front.test/",
        "http://evil.test#@front.test/",
        f"{FRONT}/\r\nLocation: http://evil.test/",
        f"\t{FRONT}/",
        f"{FRONT}/\x00",
        f"{FRONT}/#signInCode=of-another",
        "https://front.test/",
        f"{FRONT}:8080/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://fr\u00f6nt.test/",
        f"{FRONT}/" + "x" * 5000,
        "front.test",
    ],
)
async def test_nobody_is_sent_where_we_were_not_told_to(browser: Browser, wanted: str) -> None:
    reply = await browser.start(returnTo=wanted)
    assert code_of(reply) == (400, "RETURN_URL_NOT_ALLOWED")


async def test_where_to_return_may_have_a_path_and_a_query(
    server: Server, browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-25", **ADA)
    landing = await browser.sign_in("ada-25", returnTo=f"{FRONT}/cart/7?step=pay&x=%2Fy")
    assert landing.url == f"{FRONT}/cart/7?step=pay&x=%2Fy"
    # Left out, it is the first of those allowed.
    landing = await browser.sign_in("ada-25", returnTo="")
    assert landing.url == f"{FRONT}/"


async def test_without_redis_nobody_is_kept_waiting(
    oidc_settings: Settings, provider: CertifiedProvider, redis: Redis
) -> None:
    provider.set_account("ada-26", **ADA)
    hasty = oidc_settings.model_copy(update={"store_timeout": 0.8})
    async with serve(hasty) as server, browsing(server) as browser:
        back = await browser.way_back("ada-26")
        await redis.client_pause(60_000, all=False)  # all that writes; paused itself, it could not be ended
        begun = time.monotonic()
        try:
            for url in (f"{SHOP}/auth/oidc/example/login", back):
                assert code_of(await browser.follow(url)) == (503, "UNAVAILABLE")
            assert time.monotonic() - begun < 2 * 0.8 + 2 * pause()
        finally:
            await redis.client_unpause()
        assert set((await browser.sign_in("ada-26")).outcome) == {"signInCode"}


async def test_a_challenge_that_is_none(browser: Browser) -> None:
    for wrong in ("", "x", "x" * 42, "x" * 44, "=" * 43):
        assert code_of(await browser.start(codeChallenge=wrong)) == (400, "BAD_REQUEST")


async def test_the_cookie_over_https_can_be_planted_by_no_other_site(server: Server, browser: Browser) -> None:
    await browser.start()
    [plain] = [cookie for cookie in browser.http.cookies.jar if cookie.name.startswith("rushcart")]
    assert (plain.name, plain.path, plain.has_nonstandard_attr("HttpOnly")) == ("rushcart_sign_in", "/", True)
    settings = server.infra.settings.model_copy(update={"public_url": "https://shop.test"})
    async with serve(settings) as secure:
        reply = await secure.http.get("/auth/oidc/example/login")
    name, _, attributes = reply.headers["set-cookie"].partition("=")
    assert name == "__Host-rushcart_sign_in"
    assert set(attributes.split("; ")[1:]) == {"HttpOnly", "Max-Age=600", "Path=/", "SameSite=lax", "Secure"}
    assert httpx.URL(reply.headers["location"]).params["redirect_uri"].startswith("https://shop.test/auth/oidc/")


async def test_without_a_public_url_the_way_back_is_where_the_request_came_to(server: Server) -> None:
    settings = server.infra.settings.model_copy(update={"public_url": None})
    async with serve(settings) as plain:
        reply = await plain.http.get("/auth/oidc/example/login")
        redirect_uri = httpx.URL(reply.headers["location"]).params["redirect_uri"]
        assert redirect_uri == f"{plain.url}/auth/oidc/example/callback"
    assert SHOP not in redirect_uri
