"""Whether the browser that sent a request would keep our cookies. What it drops, it drops without a word."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def why_dropped(headers: dict[bytes, bytes], base_url: str, *, secure: bool) -> str | None:
    """Returns why, said to who writes the front end; None when nothing speaks against it.

    ``base_url``: how the browser reached this server. ``secure``: the cookies are for https only.
    """
    origin = headers.get(b"origin", b"")[:200].decode("latin-1")
    if not origin:
        return None  # no page of a browser's
    if _is_other_site(headers.get(b"sec-fetch-site"), origin, base_url):
        return (
            f"The page is of {origin}, and called {_called(headers, base_url)}: to a browser another site, whose "
            "cookies it drops. Call both by one name (localhost and 127.0.0.1 are two), or by subdomains of one "
            "domain, both by https or both by http; or leave X-Session-Mode out and send the access token."
        )
    if secure and origin.startswith("http://") and not _is_this_machine(base_url):
        return f"The browser drops cookies for https only (RUSHCART_COOKIE_SECURE): the page is of {origin}."
    return None


def _called(headers: dict[bytes, bytes], base_url: str) -> str:
    host = headers.get(b"host", b"")[:200].decode("latin-1")
    return f"{base_url.partition('://')[0]}://{host}" if host else base_url


def _is_other_site(said: bytes | None, origin: str, base_url: str) -> bool:
    """Browsers say so themselves (https://www.w3.org/TR/fetch-metadata/), but not to plain http elsewhere."""
    if said is not None:
        return said == b"cross-site"
    names = {urlsplit(url).hostname for url in (origin, base_url)}
    return len(names) == 2 and all(map(_stands_alone, names))


def _stands_alone(name: str | None) -> bool:
    """Returns whether no other name is of the same site: an address, or this machine's name."""
    if not name or name == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_this_machine(url: str) -> bool:
    """Returns whether browsers trust the address without https."""
    name = urlsplit(url).hostname or ""
    return name in ("localhost", "::1") or name.startswith("127.")
