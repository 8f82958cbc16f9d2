"""OpenID Connect providers as they are configured, and where a browser may be sent after a sign-in; pure."""

import re
from collections.abc import Iterable
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

PROVIDER_NAME: Final = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
ProviderName = Annotated[str, StringConstraints(pattern=PROVIDER_NAME)]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
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


class OidcProvider(BaseModel):
    """A provider that we are registered with as a client. ``title`` is what people call it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    scopes: str = "openid email profile"
    title: str = ""

    @field_validator("issuer")
    @classmethod
    def _is_https(cls, value: str) -> str:
        """OIDC Core, section 2: https, no query, no fragment; plain http is for this machine alone."""
        parts = urlsplit(value)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not (parts.scheme == "https" or plain) or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an https URL without query and fragment")
        if len(value) > 255:
            raise ValueError("must have at most 255 characters")
        return value

    @field_validator("scopes")
    @classmethod
    def _asks_for_openid(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("must hold openid")
        return value


def check_url(url: str) -> str:
    """The URL. Errors: ValueError for one that is no plain http(s) URL."""
    match = _URL.fullmatch(url) if len(url) <= _MAX_URL else None
    if match is None or _CLIMBS.search(match["path"]):
        raise ValueError(f"{url[:100]!r} is not a plain http or https URL")
    return url


def is_allowed_return(url: str, allowed: Iterable[str]) -> bool:
    """True when the URL is one of those allowed, or lies below one that ends with a slash (RFC 9700, 4.11.1)."""
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
