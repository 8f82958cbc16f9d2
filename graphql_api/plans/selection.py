"""A plan: the fields of each place in a document, found out when the place is first reached."""

from collections.abc import Callable
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from graphql_api.compiled_resolvers import Attribute, Method
from graphql_api.plans.completion import Abstract, Column, Completion, Ints, Leaves, Lists, NonNull, Objects, Row
from graphql_api.plans.unplanned import Unplanned
from resolvers.shared.loaded import Loading

Bound = Callable[[Any], Any]
_TYPENAME: Final = "__typename"


class PlannedField:
    """A field of one object type at one place; ``key`` is its name in the answer.

    ``read``: of a plain attribute, what reads it; None for a method, which is called. ``shows``: of a scalar that
    is one, what reads it for the client. ``waits``: whether what it returns has to be awaited. ``loading``: of one
    that shows what a loader has.
    """

    def __init__(
        self,
        parent: GraphQLObjectType,
        key: str,
        details: FieldDetailsList,
        definition: GraphQLField,
        above: Path | None,
    ) -> None:
        self.key = key
        self._nodes = [one.node for one in details]
        self._parent = parent
        self._definition = definition
        self._resolver = resolver = definition.resolve
        if not isinstance(resolver, Method | Attribute):
            raise Unplanned
        self.read: Bound | None = resolver.get if isinstance(resolver, Attribute) else None
        self.waits = isinstance(resolver, Method) and resolver.waits
        self.loading = resolver.loading if isinstance(resolver, Method) else None
        self._path = Path(above, key, parent.name)
        self._arguments = _fixed_arguments(definition, self._nodes[0])
        self._variables = _plain_variables(definition, self._nodes[0])
        self.completion = _completion(definition.type, details, self._path)
        self.shows = _shown(self.read, self.completion)

    def info(self, executor: Executor[Any]) -> GraphQLResolveInfo[Any]:
        """Make the resolver's info; one for all sources, so its path has no places in lists."""
        return executor.build_resolve_info(self._definition, self._nodes, self._parent, self._path)

    def bound(self, executor: Executor[Any]) -> Bound:
        """Returns the resolver with its arguments. Errors: GraphQLError, when a variable does not fit."""
        resolver, values = self._resolver, self._arguments
        assert isinstance(resolver, Method)
        if values is None:
            values = self._given(executor)
        return resolver.bound(self.info(executor) if resolver.takes_info else None, values)

    def _given(self, executor: Executor[Any]) -> dict[str, Any]:
        """Returns the arguments' values. Errors: GraphQLError, when a variable does not fit."""
        coerced = executor.variable_values.coerced
        try:
            given = {argument: coerced[variable] for argument, variable in self._variables or ()}
        except KeyError:
            given = {}
        if given and None not in given.values():
            return given
        return get_argument_values(self._definition, self._nodes[0], executor.variable_values)

    async def load(self, executor: Executor[Any], loading: Loading, sources: Column) -> list[Any]:
        assert isinstance(self._resolver, Method)
        return await loading.all_of(self._resolver.info(self.info(executor)), sources)


class Selection:
    """The fields of one object type at one place."""

    __slots__ = ("blank", "fields")

    def __init__(self, type_: GraphQLObjectType, grouped: GroupedFieldSet, above: Path | None) -> None:
        self.blank: Row = dict.fromkeys(grouped)
        self.fields: list[PlannedField] = []
        for key, details in grouped.items():
            name = details[0].node.name.value
            if name == _TYPENAME:
                self.blank[key] = type_.name
                continue
            if name not in type_.fields:
                raise Unplanned  # of the schema about itself
            self.fields.append(PlannedField(type_, key, details, type_.fields[name], above))


class Plan:
    """The root's fields; ``only``: the only one, when it has to be awaited. Those below are found out by the
    executor of whoever gets there first: it knows the fragments, and the variables that decide which fields there
    are."""

    def __init__(self, type_: GraphQLObjectType, grouped: GroupedFieldSet) -> None:
        self.root = Selection(type_, grouped, None)
        fields = self.root.fields
        self.only = fields[0] if len(fields) == 1 and fields[0].waits and fields[0].loading is None else None


def plan_of(type_: GraphQLObjectType, grouped: GroupedFieldSet) -> Plan | None:
    """Make the plan of an operation; None for one that has to be graphql-core's."""
    try:
        return Plan(type_, grouped)
    except Unplanned:
        return None


def _completion(type_: GraphQLOutputType, details: FieldDetailsList, path: Path) -> Completion:
    inner = get_nullable_type(type_)
    if is_leaf_type(inner):
        kind = Ints if inner is GraphQLInt else Leaves
        return kind(inner, nullable=inner is type_)
    if is_non_null_type(type_):
        return NonNull(_completion(type_.of_type, details, path))
    if is_list_type(type_):
        return Lists(_completion(type_.of_type, details, path))
    if is_abstract_type(type_):
        return Abstract(type_, lambda executor, name: _member(executor.schema, type_, name, details, path))
    assert is_object_type(type_), type_
    return _objects(type_, details, path)


def _shown(read: Bound | None, completion: Completion) -> Bound | None:
    if read is None or not isinstance(completion, Leaves):
        return None
    show = completion.one
    return lambda source: show(read(source))


def _objects(type_: GraphQLObjectType, details: FieldDetailsList, path: Path) -> Objects:
    def fields(executor: Executor[Any]) -> Selection:
        return Selection(type_, executor.collect_subfields(type_, details).grouped_field_set, path)

    return Objects(type_, fields)


def _member(
    schema: GraphQLSchema, type_: GraphQLAbstractType, name: str, details: FieldDetailsList, path: Path
) -> Objects:
    member = schema.get_type(name)
    if not isinstance(member, GraphQLObjectType) or not schema.is_sub_type(type_, member):
        raise Unplanned
    return _objects(member, details, path)


def _fixed_arguments(definition: GraphQLField, node: FieldNode) -> dict[str, Any] | None:
    """Returns the arguments' values where no variable decides them."""
    if any(_has_variable(argument.value) for argument in node.arguments or ()):
        return None
    try:
        return get_argument_values(definition, node)
    except GraphQLError:
        return None  # it is raised again for whoever asks


def _plain_variables(definition: GraphQLField, node: FieldNode) -> list[tuple[str, str]] | None:
    """Returns the variable of each argument, where all of them are given one; what is left out may have a
    default."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    if given.keys() != definition.args.keys():
        return None
    pairs = [(definition.args[name].out_name or name, value) for name, value in given.items()]
    if not all(isinstance(value, VariableNode) for _, value in pairs):
        return None
    return [(name, value.name.value) for name, value in pairs if isinstance(value, VariableNode)]


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(map(_has_variable, node.values))
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(field.value) for field in node.fields)
    return isinstance(node, VariableNode)
