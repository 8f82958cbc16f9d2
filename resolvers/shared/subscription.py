"""The one way to declare a subscription: who may start it, visible to clients."""

from collections.abc import AsyncGenerator, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import strawberry

from models.enums import Role, Scope
from resolvers.shared.context import Info
from resolvers.shared.permissions import PUBLIC_SUBSCRIPTIONS, requires

P = ParamSpec("P")
T = TypeVar("T")
Source = Callable[Concatenate[Any, Info, P], AsyncGenerator[T, None]]


def subscription(*roles: Role, scope: Scope | None = None, description: str) -> Callable[[Source[P, T]], Any]:
    """Declare a subscription for viewers with one of ``roles``, which its resolver checks as it begins; else it
    must be declared public.

    A function around an asynchronous generator would be one more generator for each of thousands of readers.
    """

    def declare(source: Source[P, T]) -> Any:
        if not roles and source.__name__ not in PUBLIC_SUBSCRIPTIONS:
            raise TypeError(f"{source.__name__} names no role and is not public")
        directives = [requires(roles, scope)] if roles else []
        return strawberry.subscription(source, description=description, directives=directives)

    return declare
