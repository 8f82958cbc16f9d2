"""Plain http(s) URLs, and where a browser may be sent after a sign-in; pure."""

import re
from collections.abc import Iterable

# Only what RFC 3986 lets into a URL, without user info and fragment: whatever browsers repair (backslashes, tabs,
# missing slashes) is refused, so that they and we never read two different hosts out of one text.
_URL = re.compile(
    r"(?P<origin>https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*)"
    r"(?P<query>\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?",
    re.ASCII,
)
# Steps upwards and slashes in disguise, which would leave the allowed folder.
_CLIMBS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)|%2f|%5c", re.IGNORECASE)
_MAX_URL = 2000


def check_url(url: str) -> str:
    """Returns the URL, checked. Errors: ValueError for one that is no plain http(s) URL."""
    match = _URL.fullmatch(url) if len(url) <= _MAX_URL else None
    if match is None or _CLIMBS.search(match["path"]):
        raise ValueError(f"{url[:100]!r} is not a plain http or https URL")
    return url


def is_allowed_return(url: str, allowed: Iterable[str]) -> bool:
    """Returns whether the URL is one of those allowed, or lies below one that ends with a slash (RFC 9700,
    4.11.1)."""
    match = _URL.fullmatch(url) if len(url) <= _MAX_URL else None
    if match is None or _CLIMBS.search(match["path"]):
        return False
    wanted = match["origin"].lower(), match["path"] or "/"
    return any(_covers(entry, *wanted) for entry in allowed)


def _covers(entry: str, origin: str, path: str) -> bool:
    match = _URL.fullmatch(entry)
    if match is None or match["origin"].lower() != origin:
        return False
    allowed = match["path"] or "/"
    return path == allowed or (allowed.endswith("/") and path.startswith(allowed))
