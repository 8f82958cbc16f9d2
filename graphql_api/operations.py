"""Operations made ready once: what does not depend on the request is not worked out again for each.

graphql-core looks up the variables' types and collects the fields of every selection anew in each execution.
"""

from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    create_source_event_stream,
    located_error,
)
from graphql.execution import ExecutionResult, Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.pyutils import Path
from opentelemetry.semconv._incubating.attributes.graphql_attributes import (
    GRAPHQL_OPERATION_NAME,
    GRAPHQL_OPERATION_TYPE,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.graphql import OperationType

from graphql_api.cache_policy import CachePolicy, operation_policy
from graphql_api.compiled_resolvers import LeafAttribute
from graphql_api.plans import Done, Plan, Run, plan_of
from graphql_api.plans.conditions import Conditions, conditions_of
from graphql_api.plans.inputs import Coerce, Inputs
from infra.telemetry import tracing
from resolvers.shared.context import Context

_MAX_ERRORS = 50
_MAX_NAME = 100
_MAX_SHAPES = 16
_inputs = WeakKeyDictionary[GraphQLSchema, Inputs]()
_SubFields = dict[tuple[GraphQLObjectType, int], tuple[FieldDetailsList, CollectedFields]]


@dataclass(frozen=True, slots=True)
class _Shape:
    """The fields that an operation has while its conditions are the same."""

    fields: GroupedFieldSet
    plan: Plan | None
    sub_fields: _SubFields = field(default_factory=dict)


@dataclass(slots=True)
class PreparedOperation:
    """An operation of a valid document. ``conditions``: the variables that decide which fields it has.

    ``policy``: how long an answer may be kept. ``root``: the root field that it asks for, for metrics. ``roots``:
    all that it may ask for. ``title`` and ``attributes``: what traces say of it.
    """

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    conditions: Conditions | None
    type: OperationType
    policy: CachePolicy
    root: str
    roots: frozenset[str]
    title: str
    attributes: dict[str, str]
    _variables: list[tuple[GraphQLVariableSignature, Coerce]]
    _shapes: dict[tuple[object, ...], _Shape] = field(default_factory=dict)
    _model: "_Executor | None" = None

    @classmethod
    def of(
        cls, schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode
    ) -> "PreparedOperation":
        text = document.loc.source.body if document.loc else "@"
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        found = [get_variable_signature(schema, variable) for variable in node.variable_definitions or ()]
        signatures = [signature for signature in found if isinstance(signature, GraphQLVariableSignature)]
        inputs = _inputs.setdefault(schema, Inputs())
        variables = [(signature, inputs.coercion(signature.type)) for signature in signatures]
        policy = operation_policy(schema, node, fragments)
        type_ = OperationType(node.operation.value)
        conditions = conditions_of(node, fragments.values()) if "@" in text else ()
        root = _root(node)
        roots = frozenset(_roots(node.selection_set, fragments))
        title, attributes = f"{type_.value} {root}", _attributes(node)
        return cls(schema, node, fragments, conditions, type_, policy, root, roots, title, attributes, variables)

    async def execute(
        self, variables: dict[str, Any] | None, context: object, extensions: dict[str, Any] | None
    ) -> ExecutionResult:
        values = self._coerce(variables or {})
        if isinstance(values, list):
            return ExecutionResult(None, values)
        return await self._run(values, context, extensions, None)

    async def subscribe(
        self, variables: dict[str, Any] | None, context: object, extensions: dict[str, Any] | None
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Yields a result for each event of a subscription; one with errors ends it."""
        values = self._coerce(variables or {})
        if isinstance(values, list):
            yield ExecutionResult(None, values)
            return
        opening = create_source_event_stream(_Executor(self, values, context, extensions))
        stream = await opening if isinstance(opening, Awaitable) else opening
        if isinstance(stream, ExecutionResult):
            yield stream
            return
        try:
            async with aclosing(stream):  # type: ignore[type-var]  # resolvers are asynchronous generators
                async for event in stream:
                    yield await self._run(values, context, extensions, event)
        except Exception as error:
            yield ExecutionResult(None, [self._located(error)])

    def _located(self, error: Exception) -> GraphQLError:
        [field] = self.node.selection_set.selections
        assert isinstance(field, FieldNode), "validation has seen to it"
        return located_error(error, [field], [(field.alias or field.name).value])

    async def _run(
        self, values: VariableValues, context: object, extensions: dict[str, Any] | None, source: object
    ) -> ExecutionResult:
        executor = self._ground(values, context, extensions)
        root = self.schema.get_root_type(self.node.operation)
        assert root is not None, "validation has seen to it"
        shape = self._shape(executor, root)
        done = None
        if shape.plan is not None and not executor.traces_fields:
            run = Run(executor, serially=self.type is OperationType.MUTATION)
            data = await run.execute(shape.plan)
            if data is not None:
                return ExecutionResult(data, None)
            done = run.done
        executor = _Executor(self, values, context, extensions, done)
        executor.share(shape.sub_fields)
        return await executor.execute(root, shape.fields, source)

    def _ground(self, values: VariableValues, context: object, extensions: dict[str, Any] | None) -> "_Executor":
        """Make what a plan runs on: an executor that has what all of the operation have, and executes nothing."""
        if self._model is None:
            self._model = _Executor(self, VariableValues({}, {}), None, None)
        return self._model.copy(values, context, extensions)

    def _coerce(self, inputs: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """Takes values that are all given and good; for the rest, defaults and errors, graphql-core is asked."""
        values = VariableValues({}, {})
        for signature, coerce in self._variables:
            given = inputs.get(signature.name, Undefined)
            value = Undefined if given is Undefined else coerce(given)
            if value is Undefined:
                definitions = self.node.variable_definitions or ()
                return get_variable_values(self.schema, definitions, inputs, max_errors=_MAX_ERRORS)
            values.sources[signature.name] = VariableValueSource(signature, given)
            values.coerced[signature.name] = value
        return values

    def _shape(self, executor: "_Executor", root: GraphQLObjectType) -> _Shape:
        variables = executor.variable_values
        key = None if self.conditions is None else tuple(map(variables.coerced.get, self.conditions))
        shape = None if key is None else self._shapes.get(key)
        if shape is None:
            fields = collect_fields(self.schema, executor.fragments, variables, root, self.node).grouped_field_set
            is_planned = key is not None and self.type is not OperationType.SUBSCRIPTION
            shape = _Shape(fields, plan_of(root, fields) if is_planned else None)
            if key is not None:
                self._keep(key, shape)
        executor.share(shape.sub_fields)
        return shape

    def _keep(self, key: tuple[object, ...], shape: _Shape) -> None:
        if len(self._shapes) >= _MAX_SHAPES:
            self._shapes.clear()
        self._shapes[key] = shape


class _Executor(Executor[None]):
    """graphql-core's executor, without incremental delivery, and with a short way for plain attributes."""

    # Resolvers are given what strawberry's own executor gives them.
    build_resolve_info = StrawberryGraphQLCoreExecutionContext.build_resolve_info

    def __init__(
        self,
        prepared: PreparedOperation,
        variables: VariableValues,
        context: object,
        extensions: dict[str, Any] | None,
        done: Done | None = None,
    ) -> None:
        super().__init__(
            prepared.schema,
            prepared.fragments,
            {name: FragmentDetails(definition) for name, definition in prepared.fragments.items()},
            None,
            context,
            prepared.node,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            middleware_manager=done,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # bool where TypeGuard is asked
        )
        self.operation_extensions = extensions
        self.traces_fields = _traces_fields(context)

    def copy(self, variables: VariableValues, context: object, extensions: dict[str, Any] | None) -> "_Executor":
        """Make one for another request, to be asked and not to execute: to make one anew takes several times as
        long."""
        copied = object.__new__(_Executor)
        copied.__dict__ = self.__dict__ | {
            "variable_values": variables,
            "context_value": context,
            "operation_extensions": extensions,
            "traces_fields": _traces_fields(context),
        }
        return copied

    def share(self, sub_fields: _SubFields) -> None:
        """Use and fill the sub-fields of all executions of the operation."""
        self._relevant_sub_fields = sub_fields

    async def execute(self, root: GraphQLObjectType, fields: GroupedFieldSet, source: object) -> ExecutionResult:
        """As ``execute_operation`` does, with the root's fields given."""
        serially = self.operation.operation.value == "mutation"
        run = self.execute_fields_serially if serially else self.execute_fields
        try:
            data: Any = run(root, source, None, fields, None)
            if self.is_awaitable(data):
                data = await data
        except GraphQLError as error:
            self.collected_errors.add(error, None)
            data = None
        return ExecutionResult(data, self.collected_errors.errors or None)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: None,
    ) -> Any:
        name = field_details_list[0].node.name.value
        if name == "__typename":
            return parent_type.name
        definition = parent_type.fields.get(name)
        if definition is not None and type(definition.resolve) is LeafAttribute:
            value = definition.resolve.read(source)
            if value is not Undefined:
                return value
        value = super().execute_field(parent_type, source, field_details_list, path, position_context)
        if self.traces_fields and self.is_awaitable(value):
            return _traced(f"{parent_type.name}.{name}", value)
        return value


def _traces_fields(context: object) -> bool:
    return tracing.is_on() and isinstance(context, Context) and context.infra.settings.trace_fields


async def _traced(name: str, value: Awaitable[Any]) -> Any:
    with tracing.span(name):
        return await value


def _attributes(node: OperationDefinitionNode) -> dict[str, str]:
    """Returns https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/, with the client's own name."""
    attributes = {GRAPHQL_OPERATION_TYPE: node.operation.value}
    if node.name is not None:
        attributes[GRAPHQL_OPERATION_NAME] = node.name.value[:_MAX_NAME]
    return attributes


def _root(node: OperationDefinitionNode) -> str:
    """Returns a field of the schema, as the operation is valid; not the name that a client gave."""
    selected = node.selection_set.selections
    names = {field.name.value if isinstance(field, FieldNode) else "" for field in selected}
    return names.pop() or "several" if len(names) == 1 else "several"


def _roots(selection: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[str]:
    """Yields the root fields, those in fragments too, each fragment's once."""
    pending, left = [selection], dict(fragments)
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and (fragment := left.pop(node.name.value, None)):
                pending.append(fragment.selection_set)
