"""``/auth/oidc/{provider}/login``: to the provider, once it is clear where the way back leads."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from graphql_api.oidc.browser import base_url, remember
from graphql_api.oidc.landing import Stop, return_to
from graphql_api.oidc_client.failures import OidcError, ProviderUnavailable
from graphql_api.runtime import Running
from infra.runtime import Infra
from services.identity.keys import Purpose, is_challenge, keep, new_secret, take
from services.identity.start_link import callback_path
from settings import Settings
from settings.urls import is_allowed_return


@dataclass(frozen=True, slots=True)
class Wish:
    """What the front end asked for. ``link_user`` is the id, in hex, of who asked to link the provider."""

    return_to: str
    challenge: str | None
    in_cookies: bool
    link_user: str | None = None


async def login(request: Request, running: Running) -> Response:
    """Errors: Stop, StoreUnavailable."""
    infra, settings = running.infra, running.infra.settings
    name = request.path_params["provider"]
    wish = await _wish(request, infra)
    if wish is None:
        return return_to(_return_url(request, settings), error="SIGN_IN_CODE_EXPIRED")
    try:
        client = await running.providers.client(name)
    except ProviderUnavailable as error:
        message = "The other provider does not answer at the moment. Try again soon."
        raise Stop(503, error.code, message, retry_after=5) from error
    except OidcError as error:
        raise Stop(502, error.code, "The other provider does not work as it should.") from error
    state = new_secret()
    redirect_uri = base_url(request, settings) + callback_path(name)
    response, kept = await client.authorize(request, redirect_uri, state)
    browser = remember(request, response, settings)
    await keep(infra, Purpose.LOGIN, login_secret(state, browser), _to_json(name, kept, wish))
    response.headers["cache-control"] = "no-store"
    return response


def login_secret(state: str, browser: str) -> str:
    """Returns what a sign-in that is under way is kept under."""
    return f"{state}.{browser}"


async def _wish(request: Request, infra: Infra) -> Wish | None:
    """Returns who wants what; None when the ticket of who wants to link is not good any more. Errors: Stop."""
    query, settings = request.query_params, infra.settings
    url, challenge, ticket = _return_url(request, settings), query.get("codeChallenge"), query.get("link")
    if challenge is not None and not is_challenge(challenge):
        raise Stop(400, "BAD_REQUEST", "codeChallenge must be the base64url of a SHA-256.")
    in_cookies = settings.sign_in.session_cookies and query.get("session") != "code"
    if ticket is None:
        return Wish(url, challenge, in_cookies)
    found = await take(infra, Purpose.TICKET, ticket)
    return None if found is None else Wish(url, found["challenge"], in_cookies, found["user"])


def _return_url(request: Request, settings: Settings) -> str:
    """Returns where the front end wants the browser back.

    Errors: Stop: we send nobody to where we were not told to.
    """
    url = request.query_params.get("returnTo") or settings.return_urls[0]
    if not is_allowed_return(url, settings.return_urls):
        raise Stop(400, "RETURN_URL_NOT_ALLOWED", "returnTo is not one of the URLs to return to.")
    return url


def _to_json(name: str, kept: dict[str, Any], wish: Wish) -> dict[str, Any]:
    return {
        "provider": name,
        "kept": kept,
        "return_to": wish.return_to,
        "challenge": wish.challenge,
        "in_cookies": wish.in_cookies,
        "link_user": wish.link_user,
    }
