"""``/auth/oidc/{provider}/callback``: who came back from the provider, and what becomes of it."""

from typing import Any
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.client_address import client_of
from graphql_api.oidc.browser import browser_of
from graphql_api.oidc.landing import Stop, return_to
from graphql_api.oidc.login import login_secret
from graphql_api.oidc_client.failures import OidcError, ProviderMisbehaved, refusal
from graphql_api.runtime import Running
from infra.errors import StoreUnavailable
from infra.refusals import Refusal
from resolvers.shared.session_cookies import SessionCookies
from services.identity.exchange_sign_in_code import issue_sign_in_code
from services.identity.keys import Purpose, take
from services.identity.link_identity import issue_link_code
from services.identity.provider_identity import ProviderIdentity
from services.identity.recognise import AccountUnavailable, LinkRequired, SignInRefused, recognise
from services.session.open_session import open_session
from services.shared.client import Client
from services.shared.errors import InvalidCredentials, TryAgain

log = structlog.get_logger(__name__)


async def callback(request: Request, running: Running) -> Response:
    """Send the browser back to the front end, whatever happened.

    Errors: Stop when it is not known where that is.
    """
    started = await _started(request, running)
    url, name = started["return_to"], started["provider"]
    try:
        identity = await _identify(request, running, started)
        return await _finish(request, running, started, identity)
    except (OidcError, SignInRefused) as error:
        log.info("oidc.refused", provider=name, code=error.code, reason=str(error)[:200])
        _note_refusal(request, running, f"{name}: {error.code}")
        return return_to(url, error=error.code)
    except (StoreUnavailable, TryAgain):
        log.warning("oidc.unavailable", provider=name)
        return return_to(url, error="UNAVAILABLE")


async def _started(request: Request, running: Running) -> dict[str, Any]:
    """Take what this browser started, once. Errors: Stop, StoreUnavailable."""
    state, browser = request.query_params.get("state"), browser_of(request, running.infra.settings)
    found = None
    if state and browser:
        found = await take(running.infra, Purpose.LOGIN, login_secret(state, browser))
    if found is None or found["provider"] != request.path_params["provider"]:
        raise Stop(400, "SIGN_IN_EXPIRED", "This sign-in is not valid, or not any more. Start again.")
    return found


async def _identify(request: Request, running: Running, started: dict[str, Any]) -> ProviderIdentity:
    """Errors: OidcError."""
    client = await running.providers.client(started["provider"])
    issuer = request.query_params.get("iss")
    # RFC 9207: an answer of another provider than the one that was asked is none to look at.
    if issuer != client.issuer and (issuer is not None or client.iss_in_response):
        raise ProviderMisbehaved("the answer is of another issuer")
    if error := request.query_params.get("error"):
        raise refusal(error)
    return await client.identify(request, started["kept"])


async def _finish(
    request: Request, running: Running, started: dict[str, Any], identity: ProviderIdentity
) -> Response:
    """Errors: SignInRefused, TryAgain, StoreUnavailable."""
    infra, url, challenge = running.infra, started["return_to"], started["challenge"]
    if started["link_user"] is not None:
        # Not linked yet: only the user who asked for it can do that, and only while signed in.
        code = await issue_link_code(infra, UUID(started["link_user"]), identity, challenge)
        return return_to(url, linkCode=code)
    client = _client(request, running)
    try:
        user_id = await recognise(infra, identity, client)
    except LinkRequired as required:
        code = await issue_link_code(infra, required.user_id, identity, challenge)
        return return_to(url, error=required.code, linkCode=code)
    if started["in_cookies"]:
        return await _sign_in(request, running, user_id, client, url)
    return return_to(url, signInCode=await issue_sign_in_code(infra, user_id, challenge))


def _client(request: Request, running: Running) -> Client:
    agent = request.headers.get("user-agent", "").encode("latin-1")
    return client_of(request.scope, agent, running.infra.settings)


def _note_refusal(request: Request, running: Running, what: str) -> None:
    """For the audit log."""
    client = _client(request, running)
    refusal = Refusal("session.refused_by_provider", "", what, client.ip, client.device)
    running.infra.refusals.note(refusal, running.infra.now().timestamp())


async def _sign_in(request: Request, running: Running, user_id: UUID, client: Client, url: str) -> Response:
    try:
        signed_in = await open_session(running.infra, running.tokens, user_id, client)
    except InvalidCredentials:
        raise AccountUnavailable from None
    cookies = SessionCookies(asked=True)
    cookies.keep(signed_in.tokens)
    response = return_to(url, signedIn="true")
    response.raw_headers.extend(running.cookies.headers(request.scope, cookies))
    return response
