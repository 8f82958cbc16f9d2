"""How many requests an address or an account may send."""

from graphql_api.http_request import Refused
from resolvers.shared.context import Context
from services.shared.errors import RateLimited
from services.shared.rate_limits import spend_request


async def count_request(context: Context, units: int = 1) -> None:
    """Count what costs as much as so many requests. Errors: Refused, over the limit of the address or of the
    account."""
    account = context.viewer.user_id.hex if context.viewer else None
    try:
        await spend_request(context.infra, context.client, account, units)
    except RateLimited as error:
        raise too_many(error) from error


def too_many(error: RateLimited) -> Refused:
    """Make the refusal of a request that is over a limit."""
    seconds = -(-error.retry_after_ms // 1000)
    wait = ((b"retry-after", str(seconds).encode()),)
    return Refused(429, error.code, error.message, wait, {"retryAfter": seconds})
