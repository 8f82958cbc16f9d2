"""A query field for some roles only: checked before its resolver, and visible to clients as ``@requires``."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.permissions import AnyOf, check, requires

P = ParamSpec("P")
R = TypeVar("R")
Resolver = Callable[Concatenate[Any, Info, P], Awaitable[R]]


def restricted(*roles: Role, scope: AnyOf = None, description: str) -> Callable[[Resolver[P, R]], Any]:
    """Declare an asynchronous resolver as a field for viewers with one of ``roles``."""

    def declare(resolver: Resolver[P, R]) -> Any:
        return strawberry.field(
            _guarded(resolver, roles, scope), description=description, directives=[requires(roles, scope)]
        )

    return declare


def _guarded(resolver: Resolver[P, R], roles: tuple[Role, ...], scope: AnyOf) -> Resolver[P, R]:
    @wraps(resolver)
    async def guarded(self: Any, info: Info, *args: P.args, **kwargs: P.kwargs) -> R:
        check(info, roles, scope)
        return await resolver(self, info, *args, **kwargs)

    return cast(Resolver[P, R], guarded)
