"""The schema, and how an operation on it runs."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from copy import copy
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple, Self

import strawberry
from graphql import ExecutionResult as GraphQLResult
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.tools import merge_types
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from graphql_api.areas import check_served
from graphql_api.cache_policy import NOT_KEPT, CachePolicy
from graphql_api.compiled_fields import compile_fields
from graphql_api.counting import count_operation
from graphql_api.descriptions import describe
from graphql_api.documents import Document, Documents
from graphql_api.errors import present, without_suggestions
from graphql_api.http_request import Operation
from graphql_api.limits import too_costly
from graphql_api.operations import PreparedOperation
from graphql_api.request_limits import busy, count_cost
from graphql_api.subgraph import subgraph_sdl
from infra.ranked_turns import NoTurn, Rank, RankedTurns
from infra.telemetry import tracing
from resolvers.federation.queries import FederationQuery
from resolvers.federation.types import ANY
from resolvers.federation.types import Any as AnyEntity
from resolvers.root import TYPES, Mutation, Query, Subscription
from resolvers.shared.context import Context
from resolvers.shared.failures import RequestError
from resolvers.shared.limits import MAX_COST
from resolvers.shared.scalars import SCALARS
from services.shared.rate_limits import REQUEST_COST

_ALL_TYPES = frozenset(OperationType)
_AFTER_ONES_OWN = frozenset({"order", "orders", "me", "cart", "shippingOffers", "flashSaleTicket"})


class OperationNotAllowed(Exception):
    """An operation of this type cannot be sent this way, e.g. a mutation by GET."""

    def __init__(self, type_: OperationType) -> None:
        super().__init__(type_.value)
        self.type = type_


class Found(NamedTuple):
    """What is asked for: ``operation`` is None where there is none that can be run. ``fields``: what it costs."""

    document: Document
    operation: PreparedOperation | None
    fields: int

    @property
    def cost(self) -> int:
        """What is counted for it: of what will not be run, a request."""
        return self.fields if REQUEST_COST < self.fields <= MAX_COST else REQUEST_COST

    @property
    def policy(self) -> CachePolicy:
        return NOT_KEPT if self.operation is None else self.operation.policy


class RushcartSchema(strawberry.Schema):
    """Runs operations without strawberry's extension runner, which costs more than most of our resolvers.

    Documents are parsed, limited and validated once; fields are compiled. Errors leave it ready for clients.
    """

    def __init__(self, *args: Any, introspection: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe(self._schema)
        compile_fields(self)
        self.documents = Documents(self._schema, introspection=introspection)
        self._introspection = introspection
        self._served: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        return self._served is None

    def within(self, served: frozenset[str]) -> Self:
        """Returns the same schema with the same documents, which refuses all root fields but these."""
        part = copy(self)
        part._served = served
        return part

    async def policy(self, query: str, operation_name: str | None, asker: object = None) -> CachePolicy:
        """Returns how long the operation's answer may be kept. Errors: Refused, over a limit."""
        return (await self._find(Operation(query, None, operation_name, None), asker)).policy

    async def charge(self, asked: Operation, asker: object) -> "Found":
        """Count what the operation costs as ``asker``'s, a Context; one that will not be run costs a request.

        Returns what was asked for, found. Errors: Refused, over a limit.
        """
        found = await self._find(asked, asker)
        # The request itself was counted before it was read.
        if found.cost > REQUEST_COST and isinstance(asker, Context):
            await count_cost(asker, found.cost - REQUEST_COST)
        return found

    async def _find(self, asked: Operation, asker: object) -> "Found":
        """Errors: Refused, over a limit, and for what is not served here."""
        document = self.documents.known(asked.query) or await self.documents.get(asked.query, asker)
        operation = None if document.errors else document.operation(asked.name)
        if self._served is not None and operation is not None:
            check_served(operation.roots, self._served)
        return Found(document, operation, 0 if operation is None else document.cost(operation).of(asked.variables))

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute an operation; returns a PreExecutionError for one that did not start.

        Errors: OperationNotAllowed; Refused, over a limit.
        """
        asked = Operation(query or "", variable_values, operation_name, operation_extensions)
        found = await self._find(asked, context_value)
        return await self.run(found, asked, context_value, allowed_operation_types or _ALL_TYPES)

    async def run(
        self, found: "Found", asked: Operation, context: object, allowed: Iterable[OperationType]
    ) -> ExecutionResult:
        """Run what was found, as ``execute`` does. Errors: OperationNotAllowed; Refused, when too many ask at
        once."""
        operation = found.operation
        if operation is None:
            return _not_run(found.document, asked.name)
        if operation.type not in allowed:
            raise OperationNotAllowed(operation.type)
        if found.fields > MAX_COST:
            return _too_costly(found.document, operation, asked.variables)
        turns = context.infra.turns if isinstance(context, Context) else None
        is_query = operation.type is OperationType.QUERY
        rank = await _take_turn(operation, turns) if is_query and turns is not None else None
        begun = perf_counter()
        try:
            with tracing.span(operation.title, attributes=operation.attributes):
                result = await operation.execute(asked.variables, context, asked.extensions)
        finally:
            if turns is not None and rank is not None:
                turns.leave(rank, perf_counter() - begun)
        presented = self._presented(result, context)
        count_operation(operation.root, presented.errors, perf_counter() - begun)
        return presented

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> StreamResult:
        """Returns all results of any operation: one, or those of a subscription.

        Errors: OperationNotAllowed; Refused, over a limit.
        """
        asked = Operation(query or "", variable_values, operation_name, operation_extensions)
        found = await self._find(asked, context_value)
        operation, allowed = found.operation, frozenset(allowed_operation_types or _ALL_TYPES)
        if operation is None or operation.type is not OperationType.SUBSCRIPTION:
            return _only(await self.run(found, asked, context_value, allowed))
        if operation.type not in allowed:
            raise OperationNotAllowed(operation.type)
        if found.fields > MAX_COST:
            return _only(_too_costly(found.document, operation, variable_values))
        return self._all(operation.subscribe(variable_values, context_value, operation_extensions), context_value)

    async def _all(
        self, results: AsyncGenerator[GraphQLResult, None], context: object
    ) -> AsyncGenerator[ExecutionResult, None]:
        async with aclosing(results):
            async for result in results:
                yield self._presented(result, context)

    def _presented(self, result: GraphQLResult, context: object) -> ExecutionResult:
        if not result.errors:
            return ExecutionResult(data=result.data, errors=None)
        trace_id = getattr(context, "trace_id", "")
        errors = [present(error, trace_id) for error in result.errors]
        if not self._introspection:
            for error in errors:
                error.message = without_suggestions(error.message)
        if result.data is None and all(error.path is None for error in errors):
            return PreExecutionError(data=None, errors=errors)
        return ExecutionResult(data=result.data, errors=errors)


class SubgraphSchema(RushcartSchema):
    """Answers gateways too; ``sdl`` is what they put together with others'."""

    def __init__(self, *args: Any, sdl: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sdl = sdl

    def as_str(self) -> str:
        return self._sdl


async def _only(result: ExecutionResult) -> AsyncGenerator[ExecutionResult, None]:
    yield result


async def _take_turn(operation: PreparedOperation, turns: RankedTurns) -> Rank:
    """Take a turn for a query; mutations take their own (resolvers/shared/mutation.py). Errors: Refused."""
    rank = Rank.LOOK if operation.root in _AFTER_ONES_OWN else Rank.BROWSE
    if not turns.enter(rank):
        try:
            await turns.wait(rank)
        except NoTurn as error:
            raise busy(error.retry_after) from error
    return rank


def _not_run(document: Document, name: str | None) -> PreExecutionError:
    return PreExecutionError(data=None, errors=list(document.errors) or [_no_operation(name)])


def _too_costly(
    document: Document, operation: PreparedOperation, variables: dict[str, Any] | None
) -> PreExecutionError:
    values = document.cost(operation).values(variables)
    error = too_costly(operation.schema, operation.fragments, operation.node, values)
    return PreExecutionError(data=None, errors=[error])


def _no_operation(name: str | None) -> GraphQLError:
    message = f"There is no operation {name[:100]!r} in the query." if name else "Name the operation to run."
    return RequestError("BAD_REQUEST", message)


@cache
def build_schema(*, introspection: bool = True, federation: bool = False) -> RushcartSchema:
    """Build the schema, once a process: it knows nothing of stores, and of settings whether clients may ask what
    it is, and whether it is part of a larger one."""
    if not federation:
        config = StrawberryConfig(scalar_map=SCALARS)
        return RushcartSchema(
            Query, Mutation, Subscription, types=TYPES, config=config, introspection=introspection
        )
    query = merge_types("Query", (Query, FederationQuery))
    config = StrawberryConfig(scalar_map=SCALARS | {AnyEntity: ANY})
    sdl = subgraph_sdl(build_schema().as_str())
    return SubgraphSchema(
        query, Mutation, Subscription, types=TYPES, config=config, introspection=introspection, sdl=sdl
    )


__all__ = ["OperationNotAllowed", "RushcartSchema", "build_schema"]
