"""How much an address or an account may ask for."""

from typing import Any

from graphql_api.http_request import Refused
from infra.runtime import Infra
from resolvers.shared.context import Context
from services.shared.client import Client
from services.shared.errors import RateLimited
from services.shared.rate_limits import REQUEST_COST, budget_of, spend_cost


async def count_cost(context: Context, cost: int = REQUEST_COST) -> None:
    """Count a request, or what it costs beyond. Errors: Refused, over the budget of the address or account."""
    account = _account(context)
    await count_cost_of(context.infra, context.client, account, cost, exact=context.tells_cost)


async def count_cost_of(
    infra: Infra, client: Client, account: str | None = None, cost: int = REQUEST_COST, *, exact: bool = False
) -> None:
    """Count as ``count_cost``, of an account or of nobody who is known."""
    try:
        await spend_cost(infra, client, account, cost, exact=exact)
    except RateLimited as error:
        raise too_many(error) from error


async def tell_cost(payload: dict[str, Any], cost: int, context: Context) -> dict[str, Any]:
    """Add to an operation's answer what it cost, and of what, for who asks for it; null: nothing is counted."""
    if context.tells_cost:
        budget = await budget_of(context.infra, context.client, _account(context))
        told = {"cost": cost, "budget": budget and budget.a_minute, "left": budget and budget.left}
        payload["extensions"] = {"cost": told}
    return payload


def _account(context: Context) -> str | None:
    return context.viewer.user_id.hex if context.viewer else None


def too_many(error: RateLimited) -> Refused:
    """Make the refusal of a request that is over a limit."""
    seconds = -(-error.retry_after_ms // 1000)
    wait = ((b"retry-after", str(seconds).encode()),)
    return Refused(429, error.code, error.message, wait, {"retryAfter": seconds})
