"""Sessions of browsers in cookies, where no script can read them; off unless RUSHCART_SESSION_COOKIES is set.

``X-Session-Mode: cookie`` on login or register asks for them. The access token is sent everywhere (SameSite by
setting), the refresh token only to /graphql and from our own pages (SameSite=Strict). Over https their names begin
with ``__Host-`` and ``__Secure-``, so that a neighbouring subdomain cannot plant its own.

Against cross-site request forgery every request but GET, HEAD and OPTIONS whose session is in cookies must have
the header ``X-Requested-With``, with any value: a page of another site cannot add it without a preflight, which we
do not answer for it (OWASP, Cross-Site Request Forgery Prevention, custom request headers). GET runs queries only.
Of a request with an Authorization header the cookies are ignored.
"""

from dataclasses import dataclass
from datetime import datetime

from starlette.types import Scope

from graphql_api.client_address import scheme_of
from graphql_api.dropped_cookies import why_dropped
from graphql_api.http_request import Refused
from infra.clock import Clock
from resolvers.shared.session_cookies import SessionCookies
from settings import Settings

Header = tuple[bytes, bytes]

MODE_HEADER = b"x-session-mode"
CSRF_HEADER = b"x-requested-with"
_REFRESH_PATH = "/graphql"
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class _Names:
    access: str
    refresh: str


_PLAIN = _Names("rushcart_access", "rushcart_refresh")
_SECURE = _Names("__Host-rushcart_access", "__Secure-rushcart_refresh")


class CookieJar:
    """How sessions are put into cookies, and found there."""

    def __init__(self, settings: Settings, now: Clock) -> None:
        self.enabled = settings.sign_in.session_cookies
        self._secure = settings.sign_in.cookie_secure
        self._same_site = settings.sign_in.cookie_same_site.capitalize()
        self._now = now
        self._settings = settings

    def read(self, scope: Scope, headers: dict[bytes, bytes], base_url: str) -> tuple[SessionCookies, str | None]:
        """Read the session in the cookies, and its access token.

        Errors: Refused, for a change that may be forged.
        """
        if not self.enabled or b"authorization" in headers:
            return SessionCookies(), None
        asked = headers.get(MODE_HEADER, b"").strip().lower() == b"cookie"
        found = _parse(headers.get(b"cookie", b""))
        names = self._names(scope)
        access, refresh = found.get(names.access), found.get(names.refresh)
        present = access is not None or refresh is not None
        if present and scope["method"] not in _SAFE and not headers.get(CSRF_HEADER, b"").strip():
            raise Refused(403, "CSRF", "A session in cookies needs the header X-Requested-With.")
        problem = why_dropped(headers, base_url, secure=names is _SECURE) if asked else None
        return SessionCookies(asked, present, refresh, problem), access

    def has_session(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        """Returns whether there is one in the cookies, of whatever worth."""
        if not self.enabled or b"cookie" not in headers:
            return False
        found, names = _parse(headers[b"cookie"]), self._names(scope)
        return names.access in found or names.refresh in found

    def access_token(self, scope: Scope, headers: dict[bytes, bytes]) -> str | None:
        """Returns the access token of a handshake, for a caller that has looked at its origin."""
        if not self.enabled:
            return None
        return _parse(headers.get(b"cookie", b"")).get(self._names(scope).access)

    def headers(self, scope: Scope, cookies: SessionCookies) -> tuple[Header, ...]:
        """Returns the Set-Cookie headers after the operation."""
        if cookies.is_untouched:
            return ()
        names = self._names(scope)
        if cookies.kept is not None:
            kept = cookies.kept
            access_age = self._seconds_until(kept.access_token_expires_at)
            refresh_age = self._seconds_until(kept.session_expires_at)
            return (
                self._access(names, kept.access_token, access_age),
                self._refresh(names, kept.refresh_token, refresh_age),
            )
        return (self._access(names, "", 0), self._refresh(names, "", 0))

    def _access(self, names: _Names, value: str, age: int) -> Header:
        return self._cookie(names, f"{names.access}={value}; Path=/; SameSite={self._same_site}; Max-Age={age}")

    def _refresh(self, names: _Names, value: str, age: int) -> Header:
        return self._cookie(
            names, f"{names.refresh}={value}; Path={_REFRESH_PATH}; SameSite=Strict; Max-Age={age}"
        )

    def _cookie(self, names: _Names, cookie: str) -> Header:
        secure = "; Secure" if names is _SECURE else ""
        return (b"set-cookie", f"{cookie}; HttpOnly{secure}".encode("latin-1"))

    def _names(self, scope: Scope) -> _Names:
        secure = scheme_of(scope, self._settings) in ("https", "wss") if self._secure is None else self._secure
        return _SECURE if secure else _PLAIN

    def _seconds_until(self, moment: datetime) -> int:
        return max(0, int((moment - self._now()).total_seconds()))


def _parse(header: bytes) -> dict[str, str]:
    """Returns the first value of each name: that of the longest path comes first (RFC 6265, section 5.4)."""
    found: dict[str, str] = {}
    for pair in header.decode("latin-1").split(";"):
        name, separator, value = pair.strip().partition("=")
        if separator:
            found.setdefault(name, value)
    return found
