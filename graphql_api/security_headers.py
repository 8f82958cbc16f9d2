"""Headers that make browsers careful with our answers."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphql_api.client_address import scheme_of
from settings import Settings

# For answers that do not say otherwise: a page brings its own policies.
_UNLESS_SAID = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class SecurityHeaders:
    """Pure ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings
        self._hsts = (b"strict-transport-security", b"max-age=%d" % settings.hsts_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, bytes]] = message["headers"]
                said = {name for name, _ in headers}
                headers.extend(header for header in _UNLESS_SAID if header[0] not in said)
                # Browsers ignore it where it came by plain HTTP (RFC 6797, section 8.1).
                if self._settings.hsts_seconds and scheme_of(scope, self._settings) == "https":
                    headers.append(self._hsts)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
