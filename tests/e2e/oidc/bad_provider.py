"""A provider that answers whatever a test wants it to, right or wrong; it asks nobody anything."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from models import Identity, User
from tests.app_server import serving
from tests.e2e.oidc.browser import Browser, Landing
from tests.e2e.oidc.operations import count
from tests.server import Server

NAME = "bad"
CLIENT_ID = "rushcart"
SECRET = "a secret that both sides know, long enough for HS256"

_KEY = RSAKey.generate_key(2048, {"kid": "one"})

Claims = dict[str, Any]
Answer = Callable[[Request], Response]


@dataclass(slots=True)
class BadProvider:
    """Honest as it comes. ``sign`` makes the ID token of its claims, ``answers`` replace those of whole paths."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: _KEY)
    claims: Claims = field(default_factory=dict)
    without: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    sign: "Callable[[BadProvider, Claims], str | None]" = lambda self, claims: self.signed(claims)
    answers: dict[str, Answer] = field(default_factory=dict)
    back: dict[str, str | None] = field(default_factory=dict)
    hangs_at: str = ""
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    nonce: str = ""
    token_requests: list[dict[str, str]] = field(default_factory=list)

    def signed(self, claims: Claims, key: RSAKey | None = None, **header: Any) -> str:
        key = key or self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, claims, key)

    def _configuration(self, _request: Request) -> Response:
        content = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        }
        return JSONResponse(content | self.metadata)

    def _authorize(self, request: Request) -> Response:
        self.nonce = request.query_params["nonce"]
        back = {"code": "a-code", "state": request.query_params["state"], **self.back}
        given = {name: value for name, value in back.items() if value is not None}
        return RedirectResponse(f"{request.query_params['redirect_uri']}?{urlencode(given)}", 302)

    async def _token(self, request: Request) -> Response:
        self.token_requests.append(dict(parse_qsl((await request.body()).decode())))
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "eve",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
            "email": "eve@example.com",
            "email_verified": True,
            **self.claims,
        }
        for name in self.without:
            del claims[name]
        content = {"access_token": "at", "token_type": "Bearer", "id_token": self.sign(self, claims)}
        return JSONResponse({name: value for name, value in content.items() if value is not None})

    def _jwks(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def _userinfo(self, _request: Request) -> Response:
        return JSONResponse({"sub": "eve", "email": "eve@example.com", "email_verified": True})

    async def handle(self, request: Request) -> Response:
        path = request.url.path
        if path in self.answers:
            return self.answers[path](request)
        if path == self.hangs_at:
            await self.hanging.wait()
        if path == "/token":
            return await self._token(request)
        return {
            "/.well-known/openid-configuration": self._configuration,
            "/authorize": self._authorize,
            "/jwks": self._jwks,
            "/userinfo": self._userinfo,
        }[path](request)


@asynccontextmanager
async def bad_provider() -> AsyncIterator[BadProvider]:
    provider = BadProvider()
    app = Starlette(routes=[Route("/{path:path}", provider.handle, methods=["GET", "POST"])])
    async with serving(app) as url:
        provider.issuer = url
        try:
            yield provider
        finally:
            provider.hanging.set()


async def sign_in(browser: Browser) -> Landing:
    landing = await browser.start(NAME)
    assert isinstance(landing, Landing), landing.text
    return landing


async def nobody_was_made(server: Server) -> bool:
    return (await count(server, User), await count(server, Identity)) == (0, 0)
