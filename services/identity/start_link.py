"""Start to link another provider: a ticket that takes who is signed in here along to the login page there."""

from urllib.parse import urlencode
from uuid import UUID

from infra.runtime import Infra
from services.identity.keys import Purpose, is_challenge, issue
from services.shared.errors import InvalidInput, NotFound
from settings.urls import is_allowed_return


async def start_link(
    infra: Infra, user_id: UUID, *, provider: str, return_to: str | None, challenge: str | None
) -> str:
    """Start to link an identity. Returns the path to send the browser to. A browser sends no access token when it
    follows a link, hence the ticket.

    Who else opens it gains nothing: what comes out of it links to this user's account alone, and only when this
    user asks for it. Errors: NotFound, InvalidInput, StoreUnavailable.
    """
    if provider not in infra.settings.sign_in.oidc_providers:
        raise NotFound("There is no such provider.")
    if return_to is not None and not is_allowed_return(return_to, infra.settings.return_urls):
        raise InvalidInput.at("returnTo", message="is not one of the URLs to return to")
    if challenge is not None and not is_challenge(challenge):
        raise InvalidInput.at("codeChallenge", message="must be the base64url of a SHA-256")
    ticket = await issue(infra, Purpose.TICKET, {"user": user_id.hex}, challenge)
    parameters = {"link": ticket} | ({"returnTo": return_to} if return_to is not None else {})
    return f"{login_path(provider)}?{urlencode(parameters)}"


def login_path(provider: str) -> str:
    return f"/auth/oidc/{provider}/login"


def callback_path(provider: str) -> str:
    """Returns the path that is registered at the provider as the redirect URI, after PUBLIC_URL."""
    return f"/auth/oidc/{provider}/callback"
