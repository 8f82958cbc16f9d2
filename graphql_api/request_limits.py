"""How much an address or an account may ask for."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from math import ceil
from typing import Any, cast

from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionResult

from graphql_api.http_request import Refused
from infra.runtime import Infra
from resolvers.shared.context import Context
from services.shared.client import Client
from services.shared.errors import RateLimited
from services.shared.rate_limits import REQUEST_COST, budget_of, spend_cost


async def count_cost(context: Context, cost: int = REQUEST_COST) -> None:
    """Count a request, or what it costs beyond. Errors: Refused, over the budget of the address or account."""
    try:
        await spend_cost(context.infra, context.client, _account(context), cost, exact=context.tells_cost)
    except RateLimited as error:
        raise too_many(error) from error


async def count_cost_of(infra: Infra, client: Client) -> None:
    """Count a request as ``count_cost`` does, of nobody who is known."""
    try:
        await spend_cost(infra, client, None)
    except RateLimited as error:
        raise too_many(error) from error


async def tell_cost(payload: dict[str, Any], cost: int, context: Context) -> None:
    """Add to an operation's answer what it cost, and of what, for who asks for it."""
    payload["extensions"] = await _told(cost, context)


def tell_cost_first(results: StreamResult, cost: int, context: Context) -> StreamResult:
    """Add it to the first of an operation's results, for who asks for it."""
    return _told_first(results, cost, context) if context.tells_cost else results


async def _told_first(results: StreamResult, cost: int, context: Context) -> AsyncGenerator[ExecutionResult, None]:
    told = False
    async with aclosing(results):
        async for one in results:
            result = cast(ExecutionResult, one)
            if not told:
                told, result.extensions = True, await _told(cost, context)
            yield result


async def _told(cost: int, context: Context) -> dict[str, Any]:
    """Returns what an operation cost, and of what; null: nothing is counted."""
    budget = await budget_of(context.infra, context.client, _account(context))
    return {"cost": {"cost": cost, "budget": budget and budget.a_minute, "left": budget and budget.left}}


def _account(context: Context) -> str | None:
    return context.viewer.user_id.hex if context.viewer else None


def busy(retry_after: float) -> Refused:
    """Make the refusal of what would wait too long; ``retry_after`` in seconds."""
    wait = ((b"retry-after", b"%d" % ceil(retry_after)),)
    details = {"retryAfterMs": ceil(retry_after * 1000)}
    return Refused(503, "TRY_AGAIN", "Too many ask at once. Try again soon.", wait, details)


def too_many(error: RateLimited) -> Refused:
    """Make the refusal of a request that is over a limit."""
    seconds = -(-error.retry_after_ms // 1000)
    wait = ((b"retry-after", str(seconds).encode()),)
    return Refused(429, error.code, error.message, wait, {"retryAfter": seconds})
