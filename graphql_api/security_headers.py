"""Headers that make browsers careful with our answers."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
_POLICY = b"content-security-policy"
# For answers that are no pages; a page brings its own policy.
_NO_CONTENT = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")


class SecurityHeaders:
    """Pure ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, bytes]] = message["headers"]
                headers.extend(_ALWAYS)
                if not any(name == _POLICY for name, _ in headers):
                    headers.append(_NO_CONTENT)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
