"""Settings of sign-in with other providers, and where it may return to."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from settings import Settings
from settings.urls import is_allowed_return

SECRET = "not-for-anybodys-eyes"
GOOD = {"issuer": "https://accounts.example.com", "client_id": "us", "client_secret": SECRET}
ALLOWED = ("https://shop.example/", "https://app.example:8443/signed-in", "http://localhost:3000/a/")


def settings_of(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"RUSHCART_{name}", value)
    return Settings()


def test_providers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"example": {**GOOD, "title": "Example ID"}})
    settings = settings_of(
        monkeypatch,
        OIDC_PROVIDERS=text,
        OIDC_RETURN_URLS="https://a.test/, https://b.test/x",
        PUBLIC_URL="https://s.test/",
    )
    provider = settings.sign_in.oidc_providers["example"]
    assert (provider.issuer, provider.client_id, provider.title) == (GOOD["issuer"], "us", "Example ID")
    assert provider.scopes == "openid email profile"
    assert settings.return_urls == ("https://a.test/", "https://b.test/x")
    assert settings.public_url == "https://s.test"
    assert provider.client_secret is not None
    assert provider.client_secret.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + str(settings.model_dump())


def test_without_them_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(
        monkeypatch, OIDC_PROVIDERS="", OIDC_RETURN_URLS="", PUBLIC_URL="", STOREFRONT_URL="https://shop.test"
    )
    assert settings.sign_in.oidc_providers == {}
    assert settings.return_urls == ("https://shop.test/",)
    assert settings.public_url is None


@pytest.mark.parametrize(
    "text",
    [
        f'{{"example": {{"client_secret": "{SECRET}"',
        f'["{SECRET}"]',
        json.dumps({"example": {**GOOD, "issuer": "http://accounts.example.com"}}),
        json.dumps({"example": {**GOOD, "issuer": "https://accounts.example.com?x=1"}}),
        json.dumps({"example": {**GOOD, "issuer": "https://accounts.example.com/#x"}}),
        json.dumps({"example": {**GOOD, "issuer": "https://" + "x" * 300}}),
        json.dumps({"example": {**GOOD, "issuer": "accounts.example.com"}}),
        json.dumps({"example": {**GOOD, "client_id": ""}}),
        json.dumps({"example": {**GOOD, "scopes": "email"}}),
        json.dumps({"example": {**GOOD, "secret": SECRET}}),
        json.dumps({"example": SECRET}),
        json.dumps({"ex/ample": GOOD}),
        json.dumps({"": GOOD}),
        json.dumps({"x" * 33: GOOD}),
    ],
)
def test_wrong_ones_are_named_and_no_secret_is(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_of(monkeypatch, OIDC_PROVIDERS=text)
    assert "oidc_providers" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1/x"])
def test_plain_http_is_for_this_machine(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    text = json.dumps({"example": {"issuer": issuer, "client_id": "us"}})
    assert settings_of(monkeypatch, OIDC_PROVIDERS=text).sign_in.oidc_providers["example"].client_secret is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_RETURN_URLS", "shop.test"),
        ("OIDC_RETURN_URLS", "https://a.test/,https://b.test/#x"),
        ("OIDC_RETURN_URLS", "https://*.test/"),
        ("PUBLIC_URL", "https://a.test/?x"),
        ("PUBLIC_URL", "a.test"),
        ("OIDC_TIMEOUT", "0"),
    ],
)
def test_wrong_urls_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name.lower()):
        settings_of(monkeypatch, **{name: value})


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example/",
        "https://SHOP.example/cart",
        "https://shop.example/a/b?c=d&e=%20f",
        "https://shop.example/..a/.b",
        "https://app.example:8443/signed-in",
        "https://app.example:8443/signed-in?x=1",
        "http://localhost:3000/a/b",
    ],
)
def test_allowed(url: str) -> None:
    assert is_allowed_return(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "https://shop.example:444/",
        "https://shop.example.evil.test/",
        "https://shop.example@evil.test/",
        "https://evil.test/https://shop.example/",
        "https:///shop.example/",
        "https:/shop.example/",
        "https:shop.example/",
        "https:\\\\shop.example/",
        "https://shop.example\\",
        "https://shop.example/\u2028",
        "https://shop.example/%",
        "https://shop.example/ ",
        "https://shop.example/\n",
        "https://app.example:8443/signed-in/",
        "https://app.example:8443/signed-in2",
        "https://app.example:8443/",
        "http://localhost:3000/a",
        "http://localhost:3000/b/",
        "http://localhost:3000/a/../b",
        "http://localhost:3000/a/..",
        "http://localhost:3000/a/%2e%2E/b",
        "http://localhost:3000/a/.%2e/b",
        "http://localhost:3000/a/..%2fb",
        "http://localhost:3000/a/..%5cb",
        "http://localhost:3000/a/./b",
        "",
    ],
)
def test_not_allowed(url: str) -> None:
    assert not is_allowed_return(url, ALLOWED)


@given(st.text(max_size=60))
def test_whatever_is_put_before_or_behind_the_host_is_no_other_host(text: str) -> None:
    """Read as browsers read it, what is allowed is on our own host."""
    for url in (text, f"https://shop.example{text}", f"https://{text}shop.example/"):
        if is_allowed_return(url, ALLOWED):
            bare = re.split(r"[/?#]", url.split("//", 1)[1])[0].lower()
            assert bare in ("shop.example", "app.example:8443", "localhost:3000")
