"""What becomes of the results of a field: a column of them goes in, a column of JSON comes out.

Each does what https://spec.graphql.org/October2021/#sec-Value-Completion says, and raises ``Unplanned`` for a
value that graphql-core would make an error of, or that it might have to wait for.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, Protocol

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLID,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLString,
    Undefined,
)
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable
from strawberry.types.base import StrawberryObjectDefinition

from graphql_api.compiled_resolvers import ByClass
from graphql_api.plans.unplanned import Unplanned

Column = Sequence[Any]
Row = dict[str, Any]
_DEFINITION: Final = "strawberry-definition"
_SENT_AS_THEY_ARE: Final[dict[GraphQLLeafType, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


class Fields(Protocol):
    """The fields of one object type at one place."""

    @property
    def blank(self) -> Row:
        """The row of an object before its fields are known."""


class Field(Protocol):
    """The field whose values they are."""

    def info(self, executor: Executor[Any], /) -> GraphQLResolveInfo[Any]: ...


class Run(Protocol):
    """What executes the plan."""

    @property
    def executor(self) -> Executor[Any]: ...

    def expand(self, fields: Any, sources: Column, rows: list[Row], /) -> None:
        """Read the fields of the sources into the rows; what has to be awaited comes later."""


class Completion(Protocol):
    def complete(self, run: Run, field: Field, values: Column) -> list[Any]:
        """Returns the values as the client is sent them, in their order."""


class NonNull:
    def __init__(self, inner: Completion) -> None:
        self._inner = inner

    def complete(self, run: Run, field: Field, values: Column) -> list[Any]:
        completed = self._inner.complete(run, field, values)
        if None in completed:
            raise Unplanned
        return completed


class Leaves:
    """Scalars and enums."""

    def __init__(self, type_: GraphQLLeafType, *, nullable: bool) -> None:
        self._coerce = type_.coerce_output_value
        self._plain = _SENT_AS_THEY_ARE.get(type_)
        self._nullable = nullable

    def complete(self, _run: Run, _field: Field, values: Column) -> list[Any]:
        completed = self._shown(values)
        if not self._nullable and None in completed:
            raise Unplanned
        return completed

    def one(self, value: Any) -> Any:
        """Returns a single value as the client is sent it."""
        if type(value) is self._plain:
            return value
        if value is None:
            if not self._nullable:
                raise Unplanned
            return None
        return self._show(value)

    def _shown(self, values: Column) -> list[Any]:
        plain, show = self._plain, self._show
        return [value if type(value) is plain or value is None else show(value) for value in values]

    def _show(self, value: Any) -> Any:
        shown = self._coerce(value)
        if shown is None or shown is Undefined:
            raise Unplanned
        return shown


class Ints(Leaves):
    def _shown(self, values: Column) -> list[Any]:
        show = self._show
        return [
            value
            if value is None or (type(value) is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT)
            else show(value)
            for value in values
        ]


class Lists:
    """All items of all lists in one pass."""

    def __init__(self, inner: Completion) -> None:
        self._inner = inner

    def complete(self, run: Run, field: Field, values: Column) -> list[Any]:
        items: list[Any] = []
        for value in values:
            if type(value) is list or type(value) is tuple:
                items += value
            elif value is not None:
                raise Unplanned
        completed = iter(self._inner.complete(run, field, items))
        return [None if value is None else list(islice(completed, len(value))) for value in values]


class Objects:
    def __init__(self, type_: GraphQLObjectType, fields: Callable[[Executor[Any]], Fields]) -> None:
        self._type = type_
        self._make_fields = fields
        self._fields: Fields | None = None
        self._own = _own_class(type_)

    def complete(self, run: Run, field: Field, values: Column) -> list[Any]:
        sources = self._checked(run, field, values)
        if not sources:
            return [None] * len(values)
        if self._fields is None:
            self._fields = self._make_fields(run.executor)
        blank = self._fields.blank
        rows = [blank.copy() for _ in sources]
        run.expand(self._fields, sources, rows)
        if sources is values:
            return rows
        made = iter(rows)
        return [None if value is None else next(made) for value in values]

    def _checked(self, run: Run, field: Field, values: Column) -> Column:
        """Returns those that are not null."""
        own, has_null = self._own, False
        for value in values:
            if type(value) is not own:
                if value is None:
                    has_null = True
                else:
                    self._check(run, field, value)
        return [value for value in values if value is not None] if has_null else values

    def _check(self, run: Run, field: Field, source: Any) -> None:
        if source is Undefined or isinstance(source, Exception) or optimized_is_awaitable(source):
            raise Unplanned
        if (
            self._type.is_type_of is not None
            and self._type.is_type_of(source, field.info(run.executor)) is not True
        ):
            raise Unplanned


class Abstract:
    """Members of a union or an interface, each by its own type."""

    def __init__(self, type_: GraphQLAbstractType, objects: Callable[[Executor[Any], str], Objects]) -> None:
        self._type = type_
        self._name_of = type_.resolve_type.name_of if isinstance(type_.resolve_type, ByClass) else None
        self._make_objects = objects
        self._objects: dict[str, Objects] = {}

    def complete(self, run: Run, field: Field, values: Column) -> list[Any]:
        if len(values) == 1 and values[0] is not None:
            return self._objects_of(run, self._name(run, field, values[0])).complete(run, field, values)
        places: dict[str, list[int]] = {}
        for place, value in enumerate(values):
            if value is not None:
                places.setdefault(self._name(run, field, value), []).append(place)
        completed: list[Any] = [None] * len(values)
        for name, own in places.items():
            rows = self._objects_of(run, name).complete(run, field, [values[place] for place in own])
            for place, row in zip(own, rows, strict=True):
                completed[place] = row
        return completed

    def _name(self, run: Run, field: Field, value: Any) -> str:
        if self._name_of is not None and (known := self._name_of(value)) is not None:
            return known
        if isinstance(value, Exception) or self._type.resolve_type is None:
            raise Unplanned
        name = self._type.resolve_type(value, field.info(run.executor), self._type)
        if not isinstance(name, str):
            raise Unplanned
        return name

    def _objects_of(self, run: Run, name: str) -> Objects:
        found = self._objects.get(name)
        if found is None:
            found = self._objects[name] = self._make_objects(run.executor, name)
        return found


def _own_class(type_: GraphQLObjectType) -> type | None:
    """Returns the class whose every instance is of the type; None when strawberry has to look."""
    definition = (type_.extensions or {}).get(_DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition):
        return None
    return definition.origin if definition.is_type_of is None and definition.concrete_of is None else None
