"""Fields that show what a loader has found: for all objects of a list with one call (graphql_api/plans/)."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from resolvers.shared.context import Info

if TYPE_CHECKING:
    from dataloaders import Loaders
    from dataloaders.loader import Loader

S = TypeVar("S")
K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R")

LOADING: Final = "__loading__"
"""The attribute of a resolver that has its Loading."""


@dataclass(frozen=True, slots=True)
class Loading:
    """The resolver in two halves: the keys are loaded in between."""

    loader: "Callable[[Loaders], Loader[Any, Any]]"
    key: Callable[[Any], Any]
    show: Callable[[Any, Info, Any], Any]

    async def all_of(self, info: Info, sources: Sequence[Any]) -> list[Any]:
        """Returns the field of all sources, with one call of the loader."""
        keys = list(map(self.key, sources))
        present = [key for key in keys if key is not None]
        found = await self.loader(info.context.loaders).load_many(present)
        if len(present) < len(keys):
            values = iter(found)
            found = [None if key is None else next(values) for key in keys]
        show = self.show
        return [show(source, info, value) for source, value in zip(sources, found, strict=True)]


def loaded(
    loader: "Callable[[Loaders], Loader[K, V]]", key: Callable[[Any], K | None]
) -> Callable[[Callable[[S, Info, V], R]], Callable[[S, Info], Awaitable[R]]]:
    """Make a resolver of what is done with the value that the loader has for the object's key; None for none."""

    def declare(show: Callable[[S, Info, V], R]) -> Callable[[S, Info], Awaitable[R]]:
        loading = Loading(loader, key, show)

        @wraps(show)
        async def resolve(self: S, info: Info) -> R:
            [shown] = await loading.all_of(info, (self,))
            return cast(R, shown)

        own = inspect.signature(show)
        resolve.__signature__ = own.replace(parameters=list(own.parameters.values())[:2])  # type: ignore[attr-defined]
        names = {*resolve.__signature__.parameters, "return"}  # type: ignore[attr-defined]
        resolve.__annotations__ = {name: kind for name, kind in show.__annotations__.items() if name in names}
        setattr(resolve, LOADING, loading)
        return resolve

    return declare
