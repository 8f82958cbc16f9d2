"""How many requests an address or an account may send."""

from graphql_api.http_request import Refused
from infra.runtime import Infra
from resolvers.shared.context import Context
from services.shared.client import Client
from services.shared.errors import RateLimited
from services.shared.rate_limits import spend_request


async def count_request(context: Context, units: int = 1) -> None:
    """Count what costs as much as so many requests. Errors: Refused, over the limit of the address or of the
    account."""
    account = context.viewer.user_id.hex if context.viewer else None
    await count_request_of(context.infra, context.client, account, units)


async def count_request_of(infra: Infra, client: Client, account: str | None = None, units: int = 1) -> None:
    """Count as ``count_request``, of an account or of nobody who is known."""
    try:
        await spend_request(infra, client, account, units)
    except RateLimited as error:
        raise too_many(error) from error


def too_many(error: RateLimited) -> Refused:
    """Make the refusal of a request that is over a limit."""
    seconds = -(-error.retry_after_ms // 1000)
    wait = ((b"retry-after", str(seconds).encode()),)
    return Refused(429, error.code, error.message, wait, {"retryAfter": seconds})
