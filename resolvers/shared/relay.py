"""Connections, their arguments, edges and pages: https://relay.dev/graphql/connections.htm.

A list of what is sorted by its id is three declarations and a line:

    @strawberry.type
    class OrderEdge(Edge[Order]): ...

    @strawberry.type
    class OrderConnection(Counted[OrderEdge]):
        total_count = count_of("orders")

    @field()
    @paged
    async def orders(self, info: Info, page: Page) -> OrderConnection:
        cut = await list_orders(infra, page.by_id("orders"))
        return OrderConnection.of(OrderEdge, cut, "orders", Order.of, lambda: count_orders(infra))
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

import strawberry

from resolvers.shared.connection import PageArguments, PageInfo, encode_cursor, page_arguments
from resolvers.shared.fields import field
from services.shared.pages import Cut, IdPage

N = TypeVar("N")
E = TypeVar("E", bound="Edge[Any]")
R = TypeVar("R")
Count = Callable[[], Awaitable[int]]

_PAGE: Final = "page"


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


Row = TypeVar("Row", bound=_HasId)


class _IsPart(Protocol):
    """Of a list, which goes on behind it or before."""

    @property
    def has_next(self) -> bool: ...

    @property
    def has_previous(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a list that was asked for, not looked at yet."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def by(self, sort: str, *kinds: type) -> PageArguments:
        """Read it for a list sorted by values of these kinds.

        Errors: BAD_USER_INPUT naming the argument at fault.
        """
        return page_arguments(self.first, self.after, self.last, self.before, sort=sort, kinds=kinds)

    def by_id(self, sort: str) -> IdPage:
        """Read it for a list sorted by ids. Errors: BAD_USER_INPUT naming the argument at fault."""
        page = self.by(sort, UUID)
        return IdPage(page.limit, _key(page.after), _key(page.before), page.backwards)


def _key(values: tuple[object, ...] | None) -> UUID | None:
    return None if values is None else values[0]  # type: ignore[return-value]  # of the kind asked for


_ARGUMENTS: Final = {
    "first": Annotated[
        int | None,
        strawberry.argument(
            description="How many from the beginning, or after `after`; 20 when not said, at most 100."
        ),
    ],
    "after": Annotated[
        str | None,
        strawberry.argument(description="A cursor: only what comes behind it. Empty: from the beginning."),
    ],
    "last": Annotated[
        int | None,
        strawberry.argument(description="How many from the end, or before `before`; not together with first."),
    ],
    "before": Annotated[
        str | None, strawberry.argument(description="A cursor: only what comes ahead of it. Empty: up to the end.")
    ],
}


def paged(resolver: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
    """Give the resolver's field Relay's four arguments, where the resolver has ``page``."""

    @wraps(resolver)
    async def resolve(
        self: Any,
        info: Any,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        **others: Any,
    ) -> R:
        return await resolver(self, info, page=Page(first, after, last, before), **others)

    own = inspect.signature(resolver)
    shown = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)
        for name, annotation in _ARGUMENTS.items()
    ]
    place = list(own.parameters).index(_PAGE)
    parameters = list(own.parameters.values())
    parameters[place : place + 1] = shown
    resolve.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    kept = {name: kind for name, kind in resolver.__annotations__.items() if name != _PAGE}
    resolve.__annotations__ = _ARGUMENTS | kept
    return resolve


@strawberry.type
class Edge(Generic[N]):
    cursor: str = strawberry.field(description="Its place in this order of the list, for `after` and `before`.")
    node: N = strawberry.field(description="What is at that place.")


@strawberry.type
class Connection(Generic[E]):
    edges: list[E] = strawberry.field(description="What is on this page, in the order of the list.")
    page_info: PageInfo = strawberry.field(description="Whether there is more, and the cursors to ask for it.")


@strawberry.type
class Counted(Connection[E], Generic[E]):
    """A connection whose whole list can be counted; its own ``total_count`` is ``count_of`` what is in it."""

    count: strawberry.Private[Count]

    @classmethod
    def of(cls, edge: type[E], cut: Cut[Row], sort: str, node: Callable[[Row], object], count: Count) -> Self:
        """Make a page of what is sorted by its id. ``sort`` names the list in its cursors."""
        edges = edges_of(edge, cut, sort, node)
        return cls(edges=edges, page_info=page_info(cut, edges), count=count)


def count_of(what: str) -> Any:
    """Declare the field ``totalCount`` of a ``Counted``."""

    @field(description=f"All {what} that match, on whatever page; counted only when asked for.")
    async def total_count(self: Counted[Any]) -> int:
        return await self.count()

    return total_count


def edges_of(edge: type[E], cut: Cut[Row], sort: str, node: Callable[[Row], object]) -> list[E]:
    """Make the edges of what is sorted by its id."""
    return [edge(cursor=encode_cursor(sort, row.id), node=node(row)) for row in cut.rows]


def page_info(part: _IsPart, edges: Sequence[Edge[Any]]) -> PageInfo:
    """Say where the part lies; ``edges``: all that are shown of it."""
    return PageInfo(
        has_next_page=part.has_next,
        has_previous_page=part.has_previous,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
