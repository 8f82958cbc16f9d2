"""Providers that lie, break or do not answer: nobody is signed in, and the front end is told what happened."""

import re
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from settings import Settings
from tests.e2e.oidc.bad_provider import CLIENT_ID, SECRET, BadProvider, Claims, nobody_was_made, sign_in
from tests.e2e.oidc.browser import Browser
from tests.e2e.oidc.operations import me, session_for
from tests.modes import ONE_MODE
from tests.server import Server, serve

pytestmark = ONE_MODE
INVALID = {"error": "PROVIDER_ANSWER_INVALID"}
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture
async def server(bad_settings: Settings) -> AsyncIterator[Server]:
    async with serve(bad_settings) as running:
        yield running


async def test_it_is_honest_unless_told_otherwise(server: Server, browser: Browser, bad: BadProvider) -> None:
    session = await session_for(server, (await sign_in(browser)).outcome)
    assert session["user"]["email"] == "eve@example.com"
    [asked] = bad.token_requests
    assert (asked["grant_type"], asked["code"]) == ("authorization_code", "a-code")
    assert len(asked["code_verifier"]) >= 43


def unsigned(_bad: BadProvider, claims: Claims) -> str:
    parts = ({"alg": "none", "kid": "one"}, claims)
    return ".".join(urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts) + "."


def with_the_clients_secret(_bad: BadProvider, claims: Claims) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])


def with_the_public_key_as_a_secret(bad: BadProvider, claims: Claims) -> str:
    key = OctKey.import_key(sha256(bad.key.as_pem(private=False)).digest())
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key, algorithms=["HS256"])


def with_another_key(bad: BadProvider, claims: Claims) -> str:
    return bad.signed(claims, OTHER_KEY)


def with_an_unknown_key(bad: BadProvider, claims: Claims) -> str:
    return bad.signed(claims, kid="two")


def changed_after_it_was_signed(bad: BadProvider, claims: Claims) -> str:
    header, _, signature = bad.signed(claims).split(".")
    body = urlsafe_b64encode(orjson.dumps(claims | {"sub": "ada"})).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        with_the_clients_secret,
        with_the_public_key_as_a_secret,
        with_another_key,
        with_an_unknown_key,
        changed_after_it_was_signed,
        lambda _bad, _claims: None,
        lambda _bad, _claims: "",
        lambda _bad, _claims: "no.token.at-all",
        lambda _bad, _claims: "x" * 10_000,
    ],
)
async def test_an_id_token_that_the_provider_did_not_sign(
    server: Server, browser: Browser, bad: BadProvider, sign: Callable[[BadProvider, Claims], str | None]
) -> None:
    bad.sign = sign
    assert (await sign_in(browser)).outcome == INVALID
    assert await nobody_was_made(server)


NOW = time.time()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:1"},
        {"iss": ""},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"], "azp": CLIENT_ID},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"aud": None},
        {"exp": int(NOW) - 600},
        {"exp": "never"},
        {"iat": int(NOW) + 86_400},
        {"nbf": int(NOW) + 86_400, "exp": int(NOW) + 90_000},
        {"nonce": "another"},
        {"nonce": ""},
        {"nonce": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "ünïcode"},
        {"at_hash": "bm90IHRoZSBoYXNo"},
    ],
    ids=lambda claims: re.sub(r"\d{9,}", "then", str(claims))[:30],
)
async def test_claims_that_do_not_hold(
    server: Server, browser: Browser, bad: BadProvider, claims: dict[str, Any]
) -> None:
    bad.claims = claims
    assert (await sign_in(browser)).outcome == INVALID
    assert await nobody_was_made(server)


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "nonce", "sub"])
async def test_a_claim_that_is_missing(server: Server, browser: Browser, bad: BadProvider, name: str) -> None:
    bad.without = (name,)
    assert (await sign_in(browser)).outcome == INVALID
    assert await nobody_was_made(server)


async def test_user_info_of_somebody_else(server: Server, browser: Browser, bad: BadProvider) -> None:
    bad.without = ("email", "email_verified")
    bad.answers["/userinfo"] = lambda _: JSONResponse({"sub": "ada", "email": "ada@example.com"})
    assert (await sign_in(browser)).outcome == INVALID
    bad.answers["/userinfo"] = lambda _: JSONResponse(["no", "object"])
    assert (await sign_in(browser)).outcome == INVALID
    assert await nobody_was_made(server)


async def test_user_info_cannot_overrule_what_was_signed(
    server: Server, browser: Browser, bad: BadProvider
) -> None:
    bad.claims, bad.without = {"email_verified": False}, ("email",)
    session = await session_for(server, (await sign_in(browser)).outcome)
    assert (await me(server, session["accessToken"]))["emailVerified"] is False


async def test_keys_may_change(server: Server, browser: Browser, bad: BadProvider) -> None:
    first = await session_for(server, (await sign_in(browser)).outcome)
    bad.key = RSAKey.generate_key(2048, {"kid": "two"})
    assert (await session_for(server, (await sign_in(browser)).outcome))["user"] == first["user"]


@pytest.mark.parametrize(
    ("back", "outcome"),
    [
        ({"iss": "http://127.0.0.1:1"}, INVALID),
        ({"iss": ""}, INVALID),
        ({"code": None}, INVALID),
        ({"code": None, "error": "access_denied"}, {"error": "ACCESS_DENIED"}),
        ({"code": None, "error": "login_required"}, {"error": "LOGIN_REQUIRED"}),
        ({"code": None, "error": "server_error"}, {"error": "PROVIDER_REFUSED"}),
        ({"error": "<script>#&signInCode=x", "error_description": "x" * 900}, {"error": "PROVIDER_REFUSED"}),
    ],
)
async def test_what_the_browser_brings_back(
    server: Server, browser: Browser, bad: BadProvider, back: dict[str, str | None], outcome: dict[str, str]
) -> None:
    bad.back = back
    bad.answers["/token"] = lambda _: JSONResponse({"error": "invalid_grant"}, 400)
    assert (await sign_in(browser)).outcome == outcome
    assert await nobody_was_made(server)


async def test_a_provider_that_promises_to_name_itself_must(
    server: Server, browser: Browser, bad: BadProvider
) -> None:
    bad.metadata = {"authorization_response_iss_parameter_supported": True}
    assert (await sign_in(browser)).outcome == INVALID
    bad.back = {"iss": bad.issuer}
    assert set((await sign_in(browser)).outcome) == {"signInCode"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda _: PlainTextResponse("oh no", 500), "PROVIDER_UNAVAILABLE"),
        (lambda _: PlainTextResponse("", 503), "PROVIDER_UNAVAILABLE"),
        (lambda _: JSONResponse({"error": "invalid_grant"}, 400), "PROVIDER_REFUSED"),
        (lambda _: PlainTextResponse("<html>", 200), "PROVIDER_ANSWER_INVALID"),
        (lambda _: JSONResponse([]), "PROVIDER_ANSWER_INVALID"),
        (lambda _: JSONResponse({"access_token": "at"}), "PROVIDER_ANSWER_INVALID"),
        (lambda _: RedirectResponse("http://127.0.0.1:1/"), "PROVIDER_ANSWER_INVALID"),
    ],
)
async def test_token_endpoints_that_fail(
    server: Server, browser: Browser, bad: BadProvider, answer: Callable[[Request], Response], code: str
) -> None:
    bad.answers["/token"] = answer
    assert (await sign_in(browser)).outcome == {"error": code}
    assert await nobody_was_made(server)


@pytest.mark.parametrize("answer", [PlainTextResponse("x"), JSONResponse({}), JSONResponse({"keys": [{}]})])
async def test_keys_that_are_none(server: Server, browser: Browser, bad: BadProvider, answer: Response) -> None:
    bad.answers["/jwks"] = lambda _: answer
    assert (await sign_in(browser)).outcome == INVALID
    assert await nobody_was_made(server)
