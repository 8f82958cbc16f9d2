"""``strawberry.field`` with a type that strict checking can follow."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def field(
    *, name: str | None = None, description: str | None = None, deprecation_reason: str | None = None
) -> Callable[[F], F]:
    """Declare a resolver method as a field."""
    declare: Callable[[F], F] = strawberry.field(
        name=name, description=description, deprecation_reason=deprecation_reason
    )
    return declare
