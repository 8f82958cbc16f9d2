"""The one way to declare a mutation: who may call it, and its expected errors as union members.

    @strawberry.type
    class CatalogMutation:
        @mutation(Role.STAFF)
        async def create_product(self, info: Info, input: CreateProductInput) -> CreateProductResult:
            ...  # raise services.shared.errors.* freely

Plain function wrapping: strawberry's field extensions would cost several calls a request.
"""

from collections.abc import Awaitable, Callable
from functools import cache, wraps
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import strawberry
from prometheus_client import Counter
from strawberry.utils.str_converters import to_camel_case

from infra.errors import StoreUnavailable
from infra.ranked_turns import NoTurn, Rank, RankedTurns
from infra.telemetry.metrics import REFUSALS
from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.errors import outcome
from resolvers.shared.permissions import PUBLIC_MUTATIONS, AnyOf, check, requires
from services.shared.errors import ServiceError, TryAgain
from services.shared.rate_limits import charge_operation, is_operation_free

P = ParamSpec("P")
R = TypeVar("R")
_UNAVAILABLE = "UNAVAILABLE"
Resolver = Callable[Concatenate[Any, Info, P], Awaitable[R]]


# To look one up by its labels takes a lock and longer than to count.
_refusals: Callable[[str, str], Counter] = cache(REFUSALS.labels)


def mutation(
    *roles: Role, scope: AnyOf = None, description: str | None = None, rank: Rank | None = None
) -> Callable[[Resolver[P, R]], Any]:
    """Declare a mutation for viewers with one of ``roles``; with none, its name must be in ``PUBLIC_MUTATIONS``.

    Service tokens need ``scope``, or one of several; where none is named they get nowhere. ``rank``: what
    shoppers do takes turns (infra/ranked_turns.py); with none it goes on at once.
    """

    def declare(resolver: Resolver[P, R]) -> Any:
        if not roles and resolver.__name__ not in PUBLIC_MUTATIONS:
            raise TypeError(f"{resolver.__name__} names no role and is not public")
        directives = [requires(roles, scope)] if roles else []
        return strawberry.mutation(
            _guard(resolver, roles, scope, rank), description=description, directives=directives
        )

    return declare


async def _wait(turns: RankedTurns, rank: Rank) -> None:
    """Errors: TryAgain."""
    try:
        await turns.wait(rank)
    except NoTurn as error:
        raise TryAgain(round(error.retry_after * 1000)) from error


def _guard(resolver: Resolver[P, R], roles: tuple[Role, ...], scope: AnyOf, rank: Rank | None) -> Resolver[P, R]:
    name = to_camel_case(resolver.__name__)

    @wraps(resolver)
    async def guarded(self: Any, info: Info, *args: P.args, **kwargs: P.kwargs) -> R:
        if roles:
            check(info, roles, scope)
        context = info.context
        account = context.viewer.user_id.hex if context.viewer else None
        try:
            if not is_operation_free(context.infra, name, context.client, account):
                await charge_operation(context.infra, name, context.client, account)
            if rank is None:
                return await resolver(self, info, *args, **kwargs)
            turns = context.infra.turns
            if not turns.enter(rank):
                await _wait(turns, rank)
            begun = perf_counter()
            try:
                return await resolver(self, info, *args, **kwargs)
            finally:
                turns.leave(rank, perf_counter() - begun)
        except (ServiceError, StoreUnavailable) as error:
            _refusals(name, _UNAVAILABLE if isinstance(error, StoreUnavailable) else error.code).inc()
            return outcome(info, error)  # type: ignore[return-value]  # a member of the union R

    return cast(Resolver[P, R], guarded)
