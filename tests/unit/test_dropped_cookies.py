"""Which browsers would drop the session's cookies."""

import pytest

from graphql_api.dropped_cookies import why_dropped


def dropped(origin: str, base_url: str, site: str | None = None, *, secure: bool = False) -> bool:
    headers = {b"origin": origin.encode()} if origin else {}
    if site is not None:
        headers[b"sec-fetch-site"] = site.encode()
    return why_dropped(headers, base_url, secure=secure) is not None


@pytest.mark.parametrize(
    ("origin", "base_url", "site", "is_dropped"),
    [
        ("", "http://127.0.0.1:8000", None, False),  # no browser
        ("http://localhost:5173", "http://localhost:8000", "same-site", False),
        ("http://localhost:5173", "http://127.0.0.1:8000", "cross-site", True),
        ("https://shop.example", "https://api.shop.example", "same-site", False),
        ("https://shop.example", "https://api.other.example", "cross-site", True),
        # Browsers that do not say, and plain http elsewhere than on this machine.
        ("http://localhost:5173", "http://localhost:8000", None, False),
        ("http://localhost:5173", "http://127.0.0.1:8000", None, True),
        ("http://192.0.2.7:5173", "http://192.0.2.8:8000", None, True),
        ("http://[::1]:5173", "http://localhost:8000", None, True),
        # What the proxy in front calls us says nothing of where the browser is.
        ("https://shop.example", "http://127.0.0.1:8000", None, False),
        ("null", "http://127.0.0.1:8000", "cross-site", True),
    ],
)
def test_another_site(origin: str, base_url: str, site: str | None, is_dropped: bool) -> None:
    assert dropped(origin, base_url, site) is is_dropped


def test_cookies_for_https_only() -> None:
    assert dropped("http://shop.test", "http://shop.test", "same-origin", secure=True)
    assert not dropped("https://shop.test", "http://shop.test", "same-origin", secure=True)  # TLS ends before us
    assert not dropped("http://localhost:5173", "http://localhost:8000", "same-site", secure=True)


def test_the_reason_names_both() -> None:
    headers = {b"origin": b"http://localhost:5173", b"sec-fetch-site": b"cross-site", b"host": b"127.0.0.1:8000"}
    # Also where a setting has another name for the server.
    why = why_dropped(headers, "http://localhost:8000", secure=False) or ""
    assert "http://localhost:5173" in why
    assert "http://127.0.0.1:8000" in why
