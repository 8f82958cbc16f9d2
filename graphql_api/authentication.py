"""The one place that turns a Bearer token into a viewer."""

from resolvers.shared.failures import unauthenticated
from services.user.tokens import AccessTokens, InvalidToken
from services.user.viewer import Viewer


def authenticate(authorization: bytes | None, tokens: AccessTokens) -> Viewer | None:
    """None without the header. Errors: UNAUTHENTICATED for a token that is not valid or not any more."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer":
        raise unauthenticated()
    try:
        return tokens.verify(token.strip().decode("latin-1"))
    except InvalidToken as error:
        raise unauthenticated(str(error)) from error
