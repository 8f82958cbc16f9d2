"""Headers that make browsers careful with our answers."""

from typing import Final

from starlette.types import Scope

from graphql_api.client_address import scheme_of
from settings import Settings

Header = tuple[bytes, bytes]

# For answers that do not say otherwise: a page brings its own policies.
_UNLESS_SAID: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_NAMES: Final = dict(_UNLESS_SAID).keys()


def add_security_headers(headers: list[Header], scope: Scope, settings: Settings) -> None:
    """Add them to an answer's own."""
    said = dict(headers).keys()
    headers += _UNLESS_SAID if said.isdisjoint(_NAMES) else [one for one in _UNLESS_SAID if one[0] not in said]
    # Browsers ignore it where it came by plain HTTP (RFC 6797, section 8.1).
    if settings.hsts_seconds and scheme_of(scope, settings) == "https":
        headers.append((b"strict-transport-security", b"max-age=%d" % settings.hsts_seconds))
