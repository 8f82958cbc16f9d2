"""What a provider says about itself (OIDC Discovery 1.0, section 4), as far as we need it and can rely on it."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from graphql_api.oidc_client.failures import ProviderMisbehaved, ProviderUnavailable
from infra.http_client import HttpClient
from settings.sign_in import OidcProvider

_PATH = "/.well-known/openid-configuration"
# With signatures that only the provider can make: no "none", and no HS*, whose key is a secret that is shared.
_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


async def discover(provider: OidcProvider, tls: ssl.SSLContext, timeout: float) -> dict[str, Any]:
    """Fetch the provider's metadata. Errors: ProviderUnavailable, ProviderMisbehaved."""
    try:
        async with asyncio.timeout(timeout), HttpClient(verify=tls, timeout=timeout) as http:
            reply = await http.get(provider.issuer.rstrip("/") + _PATH)
    except (httpx2.HTTPError, TimeoutError, OSError) as error:
        raise ProviderUnavailable(type(error).__name__) from error
    if reply.status_code != 200:
        raise ProviderUnavailable(f"HTTP {reply.status_code}")
    try:
        metadata = reply.json()
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise ProviderMisbehaved("the metadata are no JSON object")
    return _checked(metadata, provider)


def auth_method(metadata: Mapping[str, Any], provider: OidcProvider) -> str:
    """Returns how we prove to the provider who we are (OIDC Core, section 9)."""
    if provider.client_secret is None:
        return "none"
    supported = _strings(metadata, "token_endpoint_auth_methods_supported") or [_AUTH_METHODS[0]]
    return next((method for method in _AUTH_METHODS if method in supported), _AUTH_METHODS[0])


def _checked(metadata: Mapping[str, Any], provider: OidcProvider) -> dict[str, Any]:
    # Discovery, 4.3: exactly the same, or one provider could speak for another.
    if metadata.get("issuer") != provider.issuer:
        raise ProviderMisbehaved("the metadata are of another issuer")
    plain_allowed = provider.issuer.startswith("http:")
    kept = {name: _endpoint(metadata, name, plain_allowed) for name in _ENDPOINTS}
    if "userinfo_endpoint" in metadata:
        kept["userinfo_endpoint"] = _endpoint(metadata, "userinfo_endpoint", plain_allowed)
    offered = _strings(metadata, "id_token_signing_alg_values_supported") or ["RS256"]
    algorithms = [name for name in offered if name in _ALGORITHMS]
    if not algorithms:
        raise ProviderMisbehaved("the ID tokens are signed in no way that we accept")
    return {
        **kept,
        "issuer": provider.issuer,
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_method": auth_method(metadata, provider),
        "iss_in_response": metadata.get("authorization_response_iss_parameter_supported") is True,
    }


def _endpoint(metadata: Mapping[str, Any], name: str, plain_allowed: bool) -> str:
    url = metadata.get(name)
    if not isinstance(url, str):
        raise ProviderMisbehaved(f"the metadata have no {name}")
    schemes = ("https", "http") if plain_allowed else ("https",)
    if urlsplit(url).scheme not in schemes:
        raise ProviderMisbehaved(f"{name} is not an https URL")
    return url


def _strings(metadata: Mapping[str, Any], name: str) -> list[str]:
    values = metadata.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
