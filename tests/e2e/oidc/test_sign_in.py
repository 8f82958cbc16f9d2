"""Sign in with a certified provider: the whole way there and back."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from models import Identity, User
from settings import Settings
from tests.e2e.oidc.browser import FRONT, SHOP, Browser, Landing, browsing, query_of
from tests.e2e.oidc.certified_provider import CertifiedProvider
from tests.e2e.oidc.operations import CHALLENGE, EXCHANGE, EXPIRED, VERIFIER, count, do, me, session_for
from tests.mailbox import Mailbox
from tests.modes import ONE_MODE
from tests.server import Server, serve

pytestmark = ONE_MODE

ADA = {"email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace", "locale": "de"}


async def test_the_first_sign_in_makes_a_user(
    server: Server, browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-1", **ADA)
    landing = await browser.sign_in("ada-1")
    assert landing.url == f"{FRONT}/done"
    assert landing.reply.status_code == 303
    assert landing.reply.headers["cache-control"] == "no-store"
    session = await session_for(server, landing.outcome)
    shown = await me(server, session["accessToken"])
    [identity] = shown.pop("identities")
    assert shown == {
        "id": session["user"]["id"],
        "email": "ada@example.com",
        "displayName": "Ada Lovelace",
        "locale": "de",
        "emailVerified": True,
    }
    assert (identity["provider"], identity["title"]) == ("example", "Example ID")
    async with server.infra.database.read() as rows:
        row = (await rows.scalars(select(Identity))).one()
    assert (row.issuer, row.subject) == (provider.issuer, "ada-1")


async def test_no_url_ever_holds_a_token(server: Server, browser: Browser, provider: CertifiedProvider) -> None:
    provider.set_account("ada-2", **ADA)
    landing = await browser.sign_in("ada-2")
    session = await session_for(server, landing.outcome)
    everywhere = " ".join(browser.seen)
    assert session["accessToken"] not in everywhere
    assert session["refreshToken"] not in everywhere
    assert "eyJ" not in everywhere


async def test_what_the_provider_is_asked(browser: Browser, provider: CertifiedProvider) -> None:
    await browser.start()
    asked = query_of(browser.seen[0])
    assert browser.seen[0].startswith(f"{provider.issuer}/auth?")
    assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code",
        "client_id": "rushcart",
        "redirect_uri": f"{SHOP}/auth/oidc/example/callback",
        "scope": "openid email profile",
    }
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    await browser.start()
    again = query_of(browser.seen[2])
    assert not {asked[name] for name in ("state", "nonce", "code_challenge")} & set(again.values())


async def test_later_sign_ins_find_the_user_whatever_their_address_is_by_then(
    server: Server, browser: Browser, another_browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-3", **ADA)
    first = await session_for(server, (await browser.sign_in("ada-3")).outcome)
    provider.set_account("ada-3", email="new@example.com", email_verified=True)
    second = await session_for(server, (await another_browser.sign_in("ada-3")).outcome)
    # The provider knows this browser by now, and asks nothing.
    third = await browser.start()
    assert isinstance(third, Landing)
    assert (await session_for(server, third.outcome))["user"] == first["user"]
    assert second["user"] == first["user"] == {"id": first["user"]["id"], "email": "ada@example.com"}
    assert (await count(server, User), await count(server, Identity)) == (1, 1)


@pytest.mark.parametrize("claim", [{"email_verified": False}, {}])
@pytest.mark.usefixtures("worker")
async def test_an_address_that_the_provider_does_not_vouch_for_is_not_confirmed(
    server: Server, browser: Browser, provider: CertifiedProvider, claim: dict[str, bool]
) -> None:
    provider.set_account("ada-4", email="Ada@Example.com", name="\u202e", **claim)
    session = await session_for(server, (await browser.sign_in("ada-4")).outcome)
    shown = await me(server, session["accessToken"])
    assert (shown["email"], shown["displayName"], shown["emailVerified"]) == ("ada@example.com", "ada", False)
    mailbox = Mailbox(server.infra.settings.home)
    await mailbox.get("ada@example.com", "Confirm your e-mail address")


async def test_without_an_address_there_is_no_account(
    server: Server, browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-5", name="Ada")
    assert (await browser.sign_in("ada-5")).outcome == {"error": "EMAIL_MISSING"}
    assert (await count(server, User), await count(server, Identity)) == (0, 0)


async def test_a_code_is_good_for_one_time(server: Server, browser: Browser, provider: CertifiedProvider) -> None:
    provider.set_account("ada-6", **ADA)
    outcome = (await browser.sign_in("ada-6")).outcome
    await session_for(server, outcome)
    assert await do(server, EXCHANGE, code=outcome["signInCode"]) == EXPIRED
    for nonsense in ("", "x", "\ud800".encode("utf-16", "surrogatepass").hex(), "é" * 50, "y" * 5000):
        assert await do(server, EXCHANGE, code=nonsense) == EXPIRED


async def test_a_code_can_be_bound_to_who_asked_for_it(
    server: Server, browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-7", **ADA)
    for wrong in (None, "", "z" * 43):
        outcome = (await browser.sign_in("ada-7", codeChallenge=CHALLENGE)).outcome
        refused = await do(server, EXCHANGE, code=outcome["signInCode"], codeVerifier=wrong)
        late = await do(server, EXCHANGE, code=outcome["signInCode"], codeVerifier=VERIFIER)
        assert (refused, late) == (EXPIRED, EXPIRED)
    outcome = (await browser.sign_in("ada-7", codeChallenge=CHALLENGE)).outcome
    session = await do(server, EXCHANGE, code=outcome["signInCode"], codeVerifier=VERIFIER)
    assert session["__typename"] == "Session"
    # Another's sign-in, started without a challenge, is not mistaken for one's own.
    outcome = (await browser.sign_in("ada-7")).outcome
    assert await do(server, EXCHANGE, code=outcome["signInCode"], codeVerifier=VERIFIER) == EXPIRED


async def test_a_locked_account_is_not_signed_in_to(
    server: Server, browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-8", **ADA)
    await session_for(server, (await browser.sign_in("ada-8")).outcome)
    before = (await browser.sign_in("ada-8")).outcome
    async with server.infra.database.write() as rows:
        await rows.execute(update(User).values(locked_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert (await browser.sign_in("ada-8")).outcome == {"error": "ACCOUNT_UNAVAILABLE"}
    refused = await do(server, EXCHANGE, code=before["signInCode"])
    assert refused == {"__typename": "InvalidCredentials", "code": "INVALID_CREDENTIALS"}


async def test_who_says_no_at_the_provider_is_told_so(server: Server, browser: Browser) -> None:
    landing = await browser.cancel(await browser.start())
    assert (landing.url, landing.outcome) == (f"{FRONT}/done", {"error": "ACCESS_DENIED"})
    assert await count(server, User) == 0


async def test_two_tabs_do_not_get_into_each_others_way(
    server: Server, browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-9", **ADA)
    first, second = await browser.start(), await browser.start()
    await session_for(server, (await browser.answer(second, "ada-9")).outcome)
    await session_for(server, (await browser.answer(first, "ada-9")).outcome)
    assert await count(server, User) == 1


async def test_the_front_end_learns_what_there_is_to_sign_in_with(server: Server) -> None:
    answer = await server.graphql("{ signInProviders { name title loginPath } }")
    assert answer["data"]["signInProviders"] == [
        {"name": "example", "title": "Example ID", "loginPath": "/auth/oidc/example/login"}
    ]


async def test_with_cookies_the_session_is_there_at_once(
    oidc_settings: Settings, provider: CertifiedProvider
) -> None:
    provider.set_account("ada-10", **ADA)
    async with (
        serve(oidc_settings.model_copy(update={"session_cookies": True})) as server,
        browsing(server) as browser,
    ):
        landing = await browser.sign_in("ada-10")
        assert landing.outcome == {"signedIn": "true"}
        set_cookies = landing.reply.headers.get_list("set-cookie")
        assert [cookie.partition("=")[0] for cookie in set_cookies] == ["rushcart_access", "rushcart_refresh"]
        assert all("; HttpOnly" in cookie for cookie in set_cookies)
        reply = await browser.http.post(
            f"{server.url}/graphql", json={"query": "{ me { email } }"}, headers={"x-requested-with": "test"}
        )
        assert reply.json() == {"data": {"me": {"email": "ada@example.com"}}}
        # A client without a cookie jar can have a code all the same.
        session = await session_for(server, (await browser.sign_in("ada-10", session="code")).outcome)
        assert session["user"]["email"] == "ada@example.com"
        async with server.infra.database.write() as rows:
            await rows.execute(update(User).values(locked_at=datetime(2026, 1, 1, tzinfo=UTC)))
        assert (await browser.sign_in("ada-10")).outcome == {"error": "ACCOUNT_UNAVAILABLE"}
