"""The one place that turns a token into a viewer. Dictionary look-ups only for a token that was seen before."""

from infra.revocations import Revocations
from infra.runtime import Infra
from resolvers.shared.failures import RequestError, unauthenticated
from services.session.access_tokens import AccessTokens, ExpiredToken, InvalidToken
from services.shared.client import Client
from services.shared.viewer import Viewer
from services.token.count_wrong_token import count_wrong_token
from services.token.known_tokens import KnownTokens


async def authenticate_header(
    authorization: bytes | None, infra: Infra, tokens: AccessTokens, machines: KnownTokens, client: Client
) -> Viewer | None:
    """Returns who the header says is asking; None without it. Tokens that never were any are counted.

    Errors: UNAUTHENTICATED; RateLimited; StoreUnavailable.
    """
    if (token := service_token_of(authorization)) is not None:
        return await authenticate_machine(token, machines, infra.revocations, client)
    try:
        return authenticate(authorization, tokens, infra.revocations)
    except RequestError as error:
        # What has expired was given by us: hundreds behind one address may come with it.
        if not isinstance(error.__cause__, ExpiredToken):
            await count_wrong_token(infra, client)
        raise


def authenticate(authorization: bytes | None, tokens: AccessTokens, revocations: Revocations) -> Viewer | None:
    """Returns who the header says is asking; None without it.

    Errors: UNAUTHENTICATED for a token that is not valid or not any more.
    """
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer":
        raise unauthenticated()
    return _verify(token.strip().decode("latin-1"), tokens, revocations)


def service_token_of(authorization: bytes | None) -> str | None:
    """Returns the service token in the header, if that is what it has."""
    if authorization is None or authorization[:11].lower() != b"bearer rct_":
        return None
    return authorization[7:].strip().decode("latin-1")


async def authenticate_machine(token: str, known: KnownTokens, revocations: Revocations, client: Client) -> Viewer:
    """Errors: UNAUTHENTICATED for a token that is not valid or not any more; RateLimited; StoreUnavailable."""
    viewer = await known.find(token, client)
    if viewer is None or revocations.cover(viewer.user_id, viewer.session_id, viewer.issued_at):
        raise unauthenticated("The service token is not valid.")
    return viewer


def authenticate_cookie(token: str | None, tokens: AccessTokens, revocations: Revocations) -> Viewer | None:
    """Returns who the cookie says is asking; None also for a token that is not valid any more: a browser sends it
    all the same, to sign in again too."""
    if token is None:
        return None
    try:
        return _verify(token, tokens, revocations)
    except RequestError:
        return None


def _verify(token: str, tokens: AccessTokens, revocations: Revocations) -> Viewer:
    try:
        viewer = tokens.verify(token)
    except InvalidToken as error:
        raise unauthenticated(str(error)) from error
    if revocations.cover(viewer.user_id, viewer.session_id, viewer.issued_at):
        raise unauthenticated("The session has ended.")
    return viewer
