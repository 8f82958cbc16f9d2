"""Whose page opened a WebSocket. Browsers send cookies with it from any page, and ask nobody before."""

from collections.abc import Collection
from urllib.parse import urlsplit


def may_use_cookies(headers: dict[bytes, bytes], allowed: Collection[str]) -> bool:
    """Returns whether it is a page of this very host, or of an origin that is named in the settings (never for
    ``*``)."""
    origin = headers.get(b"origin", b"").decode("latin-1").strip().lower()
    if not origin:
        return False
    host = headers.get(b"host", b"").decode("latin-1").strip().lower()
    return bool(host) and (urlsplit(origin).netloc == host or origin in allowed)
