"""The configured providers, as clients that Authlib makes of their metadata."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.starlette_client import OAuthError, StarletteIntegration, StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.oidc_client.discovery import discover
from graphql_api.oidc_client.failures import OidcError, ProviderMisbehaved, ProviderUnavailable, refusal
from infra.http_client import HttpClient
from services.identity.provider_identity import ProviderIdentity
from settings import Settings
from settings.sign_in import OidcProvider

log = structlog.get_logger(__name__)

_METADATA_TTL = 3600.0
_CLOCK_SKEW = 30
_AUTHLIB_KEYS = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "id_token_signing_alg_values_supported",
)
# What Authlib and joserfc raise at an answer that is not what it should be.
_WRONG_ANSWER = (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError, AttributeError, RuntimeError)


@dataclass(frozen=True, slots=True)
class ProviderClient:
    """A provider that was reached. ``iss_in_response``: it names itself in its answers (RFC 9207)."""

    name: str
    issuer: str
    client_id: str
    iss_in_response: bool
    app: Any
    timeout: float
    loaded_at: float

    async def authorize(self, request: Request, redirect_uri: str, state: str) -> tuple[Response, dict[str, Any]]:
        """Returns the redirect to the provider, and what the way back needs: the nonce and the PKCE verifier."""
        kept: dict[str, Any] = {}
        request.scope["session"] = kept
        redirect: Response = await self.app.authorize_redirect(request, redirect_uri, state=state)
        return redirect, kept

    async def identify(self, request: Request, kept: Mapping[str, Any]) -> ProviderIdentity:
        """Find who came back, by the code in the request. Errors: OidcError.

        Authlib checks the signature against the provider's keys, ``exp``, ``iat``, ``nonce``, ``at_hash`` and
        ``azp`` (OIDC Core, 3.1.3.7); the options below, ``iss`` and ``aud``.
        """
        request.scope["session"] = dict(kept)
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
        async with self._explained():
            token = await self.app.authorize_access_token(request, claims_options=options, leeway=_CLOCK_SKEW)
            claims = token.get("userinfo")
            if not claims:
                raise ProviderMisbehaved("there is no ID token in the answer")
            if "email" not in claims and "userinfo_endpoint" in self.app.server_metadata:
                claims = {**await self._userinfo(token, claims["sub"]), **claims}
            return ProviderIdentity.of(self.name, self.issuer, claims)

    async def _userinfo(self, token: dict[str, Any], subject: str) -> Mapping[str, Any]:
        """More claims, of the same subject (OIDC Core, 5.3.2)."""
        info: Mapping[str, Any] = await self.app.userinfo(token=token)
        if info.get("sub") != subject:
            raise ProviderMisbehaved("the user info is of another subject")
        return info

    @asynccontextmanager
    async def _explained(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.timeout):
                yield
        except OidcError:
            raise
        except OAuthError as error:
            raise refusal(error.error) from error
        except httpx2.HTTPStatusError as error:
            wrong = ProviderUnavailable if error.response.status_code >= 500 else ProviderMisbehaved
            raise wrong(f"HTTP {error.response.status_code}") from error
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            raise ProviderUnavailable(type(error).__name__) from error
        except _WRONG_ANSWER as error:
            raise ProviderMisbehaved(type(error).__name__) from error


class Providers:
    """Those of the settings. What they say about themselves is asked for when first needed, and once an hour."""

    def __init__(self, settings: Settings) -> None:
        self._configured = settings.sign_in.oidc_providers
        self._timeout = settings.sign_in.oidc_timeout
        self._tls: ssl.SSLContext | None = None
        self._known: dict[str, asyncio.Task[ProviderClient]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._configured

    async def client(self, name: str) -> ProviderClient:
        """Returns the provider's client; those who come while the provider is being asked wait for the same
        answer. Errors: OidcError."""
        known = self._known.get(name)
        if known is None or _is_stale(known):
            known = self._known[name] = asyncio.create_task(self._load(name))
            known.add_done_callback(_look)
        # Whoever goes away does not take the answer from the others.
        return await asyncio.shield(known)

    async def _load(self, name: str) -> ProviderClient:
        provider = self._configured[name]
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        metadata = await discover(provider, self._tls, self._timeout)
        log.info("oidc.discovered", provider=name, issuer=provider.issuer)
        return ProviderClient(
            name=name,
            issuer=provider.issuer,
            client_id=provider.client_id,
            iss_in_response=metadata["iss_in_response"],
            app=_authlib_app(name, provider, metadata, self._tls, self._timeout),
            timeout=self._timeout,
            loaded_at=time.monotonic(),
        )


def _look(task: asyncio.Task[ProviderClient]) -> None:
    """A failure that all have stopped waiting for is nothing to warn of."""
    if not task.cancelled():
        task.exception()


def _is_stale(task: asyncio.Task[ProviderClient]) -> bool:
    if not task.done():
        return False
    if task.cancelled() or task.exception() is not None:
        return True
    return time.monotonic() - task.result().loaded_at > _METADATA_TTL


class _Client(HttpClient, AsyncOAuth2Client):  # type: ignore[misc]  # authlib has no types
    pass


class _App(StarletteOAuth2App):  # type: ignore[misc]
    client_cls = _Client


def _authlib_app(
    name: str, provider: OidcProvider, metadata: Mapping[str, Any], tls: ssl.SSLContext, timeout: float
) -> Any:
    secret = provider.client_secret
    return _App(
        StarletteIntegration(name),
        name=name,
        client_id=provider.client_id,
        client_secret=None if secret is None else secret.get_secret_value(),
        client_kwargs={
            "scope": provider.scopes,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": metadata["token_endpoint_auth_method"],
            "timeout": timeout,
            "verify": tls,
        },
        user_agent="rushcart",
        **{key: metadata[key] for key in _AUTHLIB_KEYS if key in metadata},
    )
