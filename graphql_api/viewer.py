"""Who sends an HTTP request, and the refusal of who is nobody."""

from graphql_api.authentication import authenticate_cookie, authenticate_header
from graphql_api.http_request import Refused
from graphql_api.request_limits import too_many
from graphql_api.runtime import Running
from infra.errors import StoreUnavailable
from resolvers.shared.failures import RequestError, unavailable
from services.shared.client import Client
from services.shared.errors import RateLimited
from services.shared.viewer import Viewer


async def viewer_of(
    running: Running, authorization: bytes | None, cookie: str | None, client: Client
) -> Viewer | None:
    """Errors: Refused."""
    if cookie is not None:
        return authenticate_cookie(cookie, running.tokens, running.infra.revocations)
    try:
        return await authenticate_header(authorization, running.infra, running.tokens, running.machines, client)
    except RateLimited as error:
        raise too_many(error) from error
    except RequestError as error:
        challenge = ((b"www-authenticate", b'Bearer error="invalid_token"'),)
        raise Refused(401, error.code, error.message, challenge) from error
    except StoreUnavailable as error:
        shown = unavailable()
        raise Refused(503, shown.code, shown.message, ((b"retry-after", b"1"),)) from error
