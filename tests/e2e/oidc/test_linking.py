"""Identities and accounts: linked only when the owner of the account confirms it."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from models import Identity, User
from tests.e2e.oidc.browser import FRONT, SHOP, Browser, Landing
from tests.e2e.oidc.certified_provider import CertifiedProvider
from tests.e2e.oidc.operations import (
    CHALLENGE,
    CONFIRM,
    EXCHANGE,
    EXPIRED,
    LINK,
    REQUEST_MAIL,
    START_LINK,
    VERIFIER,
    audited,
    count,
    do,
    link_code,
    me,
    session_for,
)
from tests.e2e.shop import LOGIN, PASSWORD, Person, Shop
from tests.mailbox import Mailbox, text_of
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = pytest.mark.usefixtures("worker")

LINK_MAIL = "Link your sign-in with Example ID"


async def confirm_address(server: Server, person: Person) -> None:
    async with server.infra.database.write() as rows:
        verified = {"email_verified_at": datetime(2026, 1, 1, tzinfo=UTC)}
        await rows.execute(update(User).where(User.email == person.email).values(verified))


async def login(server: Server, person: Person) -> Any:
    given = {"input": {"email": person.email, "password": PASSWORD}}
    return (await server.graphql(LOGIN, given))["data"]["login"]


@ONE_MODE
async def test_an_address_alone_links_nothing(
    server: Server, browser: Browser, another_browser: Browser, provider: CertifiedProvider, ada: Person
) -> None:
    await link_code(browser, provider, "ada-30", ada)
    assert (await count(server, User), await count(server, Identity)) == (1, 0)
    provider.set_account("ada-31", email=ada.email, email_verified=False)
    assert (await another_browser.sign_in("ada-31")).outcome == {"error": "EMAIL_TAKEN"}
    assert (await count(server, User), await count(server, Identity)) == (1, 0)
    assert (await me(server, ada.token))["emailVerified"] is False


@ONE_MODE
async def test_who_signs_in_with_the_password_may_link(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person, mailbox: Mailbox
) -> None:
    code = await link_code(browser, provider, "ada-32", ada)
    session = await login(server, ada)
    linked = await do(server, LINK, session["accessToken"], code=code)
    shown = await me(server, ada.token)
    assert linked == {"__typename": "LinkIdentitySuccess", "identity": shown["identities"][0]}
    assert shown["emailVerified"] is True
    assert await do(server, LINK, session["accessToken"], code=code) == EXPIRED
    signed_in = await session_for(server, (await browser.sign_in("ada-32")).outcome)
    assert signed_in["user"] == {"id": ada.id, "email": ada.email}
    await mailbox.get(ada.email, "You can now sign in with Example ID")
    assert await audited(server) == ["identity.linked"]


@ONE_MODE
async def test_another_user_cannot_link_what_is_meant_for_one(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person
) -> None:
    eve = await Shop(server).customer("Eve")
    code = await link_code(browser, provider, "ada-33", ada)
    assert await do(server, LINK, eve.token, code=code) == EXPIRED
    assert await do(server, LINK, ada.token, code=code) == EXPIRED
    code = await link_code(browser, provider, "ada-33", ada)
    nobody = await server.graphql(LINK, {"input": {"code": code}})
    assert nobody["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await count(server, Identity) == 0
    assert (await do(server, LINK, ada.token, code=code))["__typename"] == "LinkIdentitySuccess"


@ONE_MODE
async def test_a_code_for_one_thing_is_not_good_for_another(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person
) -> None:
    assert await do(server, EXCHANGE, code=await link_code(browser, provider, "ada-34", ada)) == EXPIRED
    provider.set_account("bob-34", email="bob@example.com", email_verified=True)
    browser.http.cookies.clear()
    sign_in_code = (await browser.sign_in("bob-34")).outcome["signInCode"]
    assert await do(server, LINK, ada.token, code=sign_in_code) == EXPIRED
    ticket = (await do(server, START_LINK, ada.token, provider="example"))["path"].partition("link=")[2]
    for mutation in (LINK, EXCHANGE, REQUEST_MAIL):
        assert await do(server, mutation, ada.token, code=ticket) == EXPIRED


@ONE_MODE
async def test_a_mail_links_as_well(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person, mailbox: Mailbox
) -> None:
    await confirm_address(server, ada)
    code = await link_code(browser, provider, "ada-35", ada)
    asked = await do(server, REQUEST_MAIL, code=code)
    assert asked == {"__typename": "RequestIdentityLinkMailSuccess", "accepted": True}
    assert await do(server, REQUEST_MAIL, code=code) == EXPIRED
    assert await count(server, Identity) == 0
    mail = await mailbox.get(ada.email, LINK_MAIL)
    assert "/link-identity#token=" in text_of(mail)
    token = await mailbox.token(ada.email, LINK_MAIL)
    confirmed = await do(server, CONFIRM, token=token)
    assert confirmed == {"__typename": "ConfirmIdentityLinkSuccess", "provider": "example"}
    assert (await do(server, CONFIRM, token=token))["code"] == "INVALID_TOKEN"
    assert (await session_for(server, (await browser.sign_in("ada-35")).outcome))["user"]["id"] == ada.id
    # The account was its owner's before: nothing else of it changes.
    assert (await login(server, ada))["__typename"] == "Session"
    assert (await me(server, ada.token))["id"] == ada.id
    assert await audited(server) == ["identity.linked"]


async def test_who_opened_an_account_with_anothers_address_is_out_once_its_owner_comes(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person, mailbox: Mailbox
) -> None:
    """Account pre-hijacking: the password, the sessions and the identities were all made by somebody else."""
    provider.set_account("eve-36", email="eve@example.com", email_verified=True)
    started = await do(server, START_LINK, ada.token, provider="example")
    page = await browser.follow(SHOP + started["path"])
    eves = (await browser.answer(page, "eve-36")).outcome["linkCode"]
    assert (await do(server, LINK, ada.token, code=eves))["__typename"] == "LinkIdentitySuccess"
    browser.http.cookies.clear()
    await do(server, REQUEST_MAIL, code=await link_code(browser, provider, "ada-36", ada))
    await do(server, CONFIRM, token=await mailbox.token(ada.email, LINK_MAIL))
    assert (await login(server, ada))["code"] == "INVALID_CREDENTIALS"
    refused = await server.graphql("{ me { id } }", token=ada.token)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    session = await session_for(server, (await browser.sign_in("ada-36")).outcome)
    shown = await me(server, session["accessToken"])
    assert (shown["id"], shown["emailVerified"], len(shown["identities"])) == (ada.id, True, 1)
    async with server.infra.database.read() as rows:
        assert list(await rows.scalars(select(Identity.subject))) == ["ada-36"]
    assert await audited(server) == ["identity.linked", "email.verified", "password.removed", "identity.linked"]


async def test_the_owner_of_an_address_who_resets_the_password_is_alone_in_the_account(
    server: Server, browser: Browser, provider: CertifiedProvider, mailbox: Mailbox
) -> None:
    """The provider of somebody else gave this address, without having verified it."""
    provider.set_account("eve-43", email="ada@example.com", email_verified=False)
    eve = await session_for(server, (await browser.sign_in("eve-43")).outcome)
    await server.graphql('mutation { requestPasswordReset(input: {email: "ada@example.com"}) { __typename } }')
    token = await mailbox.token("ada@example.com", "Reset your password")
    reset = "mutation R($input: ResetPasswordInput!) { done: resetPassword(input: $input) { __typename } }"
    assert await do(server, reset, token=token, newPassword=PASSWORD) == {"__typename": "ResetPasswordSuccess"}
    assert (await browser.sign_in("eve-43")).outcome == {"error": "EMAIL_TAKEN"}
    refused = await server.graphql("{ me { id } }", token=eve["accessToken"])
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@ONE_MODE
async def test_who_is_signed_in_links_another_provider(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person
) -> None:
    provider.set_account("ada-37", email="elsewhere@example.com", email_verified=True)
    started = await do(
        server, START_LINK, ada.token, provider="example", returnTo=f"{FRONT}/account", codeChallenge=CHALLENGE
    )
    landing = await browser.answer(await browser.follow(SHOP + started["path"]), "ada-37")
    assert landing.url == f"{FRONT}/account"
    assert set(landing.outcome) == {"linkCode"}
    assert (await count(server, User), await count(server, Identity)) == (1, 0)
    linked = await do(server, LINK, ada.token, code=landing.outcome["linkCode"], codeVerifier=VERIFIER)
    assert linked["identity"]["provider"] == "example"
    shown = await me(server, ada.token)
    assert (shown["email"], shown["emailVerified"], shown["identities"]) == (
        ada.email,
        False,
        [linked["identity"]],
    )
    # What the ticket was for is done.
    again = await browser.follow(SHOP + started["path"])
    assert isinstance(again, Landing)
    assert again.outcome == {"error": "SIGN_IN_CODE_EXPIRED"}


async def test_nobody_is_made_to_link_what_is_another_persons(
    server: Server, browser: Browser, another_browser: Browser, provider: CertifiedProvider, ada: Person
) -> None:
    """Login CSRF (RFC 9700, 4.7), both ways round."""
    eve = await Shop(server).customer("Eve")
    for subject in ("ada-38", "eve-38"):
        provider.set_account(subject, email=f"{subject}@example.com", email_verified=True)
    # Eve has Ada's browser follow a link of hers, where Ada's provider signs Ada in without a question.
    await another_browser.sign_in("ada-38", returnTo=f"{FRONT}/")
    async with server.infra.database.write() as rows:
        await rows.execute(update(Identity).values(subject="another"))
    eves = await do(server, START_LINK, eve.token, provider="example")
    landing = await another_browser.follow(SHOP + eves["path"])
    assert isinstance(landing, Landing)
    assert await do(server, LINK, ada.token, code=landing.outcome["linkCode"]) == EXPIRED
    # Eve has Ada's front end send a code that came back to Eve.
    eves = await do(server, START_LINK, eve.token, provider="example")
    landing = await browser.answer(await browser.follow(SHOP + eves["path"]), "eve-38")
    assert await do(server, LINK, ada.token, code=landing.outcome["linkCode"]) == EXPIRED
    assert (await me(server, ada.token))["identities"] == []


async def test_an_identity_signs_in_to_one_account(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person
) -> None:
    provider.set_account("bob-39", email="bob@example.com", email_verified=True)
    bob = await session_for(server, (await browser.sign_in("bob-39")).outcome)
    started = await do(server, START_LINK, ada.token, provider="example")
    landing = await browser.follow(SHOP + started["path"])
    assert isinstance(landing, Landing)
    taken = await do(server, LINK, ada.token, code=landing.outcome["linkCode"])
    assert taken == {"__typename": "IdentityTaken", "code": "IDENTITY_TAKEN"}
    # Bob may link it as often as he likes.
    started = await do(server, START_LINK, bob["accessToken"], provider="example")
    landing = await browser.follow(SHOP + started["path"])
    assert isinstance(landing, Landing)
    linked = await do(server, LINK, bob["accessToken"], code=landing.outcome["linkCode"])
    assert linked["__typename"] == "LinkIdentitySuccess"
    assert await count(server, Identity) == 1


@ONE_MODE
async def test_starting_to_link_wants_good_input(server: Server, ada: Person) -> None:
    nobody = await server.graphql(START_LINK, {"input": {"provider": "example"}})
    assert nobody["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await do(server, START_LINK, ada.token, provider="google"))["code"] == "NOT_FOUND"
    evil = await do(server, START_LINK, ada.token, provider="example", returnTo="https://evil.test/")
    assert (evil["code"], evil["fields"]) == ("INVALID_INPUT", [{"path": ["input", "returnTo"]}])
    short = await do(server, START_LINK, ada.token, provider="example", codeChallenge="x")
    assert (short["code"], short["fields"]) == ("INVALID_INPUT", [{"path": ["input", "codeChallenge"]}])


@ONE_MODE
async def test_a_locked_account_gets_no_mail_to_link(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person
) -> None:
    async with server.infra.database.write() as rows:
        await rows.execute(update(User).values(locked_at=datetime(2026, 1, 1, tzinfo=UTC)))
    provider.set_account("ada-42", email=ada.email, email_verified=True)
    page = await browser.start()
    assert isinstance(page, httpx.Response)
    assert (await browser.answer(page, "ada-42")).outcome == {"error": "EMAIL_TAKEN"}
