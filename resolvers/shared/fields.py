"""``strawberry.field`` with a type that strict checking can follow."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

from resolvers.shared.caching import cached

F = TypeVar("F", bound=Callable[..., Any])


def field(
    *,
    name: str | None = None,
    description: str | None = None,
    deprecation_reason: str | None = None,
    max_age: int | None = None,
) -> Callable[[F], F]:
    """Declare a resolver method as a field.

    ``max_age``: seconds that everybody may keep the answer for somebody who is not signed in; None: nobody may.
    """
    declare: Callable[[F], F] = strawberry.field(
        name=name,
        description=description,
        deprecation_reason=deprecation_reason,
        directives=() if max_age is None else [cached(max_age)],
    )
    return declare
