"""What a client gave for a variable, made into what resolvers take; the type is looked at once."""

from collections.abc import Callable
from typing import Any, Final

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLString,
    Undefined,
    coerce_input_value,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce = Callable[[Any], Any]
Absent = Callable[[], Any] | None
_TAKEN_AS_THEY_ARE: Final[dict[object, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


def _fits(value: int) -> bool:
    return GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT


class Inputs:
    """Of one schema."""

    def __init__(self) -> None:
        self._objects: dict[GraphQLInputObjectType, _Object] = {}

    def coercion(self, type_: GraphQLInputType) -> Coerce:
        """Returns what does the same as graphql-core's ``coerce_input_value``: Undefined is what does not fit."""
        if is_non_null_type(type_):
            inner = self.coercion(type_.of_type)
            return lambda value: Undefined if value is None else inner(value)
        if is_list_type(type_):
            return _list_of(self.coercion(type_.of_type), type_)
        if is_input_object_type(type_) and not type_.is_one_of:
            if type_ not in self._objects:
                self._objects[type_] = _Object(type_, self)
            return self._objects[type_]
        if type_ is GraphQLInt:
            return lambda value: value if type(value) is int and _fits(value) else coerce_input_value(value, type_)
        plain = _TAKEN_AS_THEY_ARE.get(type_)
        return lambda value: value if type(value) is plain else coerce_input_value(value, type_)


def _list_of(inner: Coerce, type_: GraphQLInputType) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not list:
            return coerce_input_value(value, type_)
        items = [inner(item) for item in value]
        return Undefined if any(item is Undefined for item in items) else items

    return coerce


class _Object:
    """Its fields are looked at when it is first needed: it may hold its own kind."""

    def __init__(self, type_: GraphQLInputObjectType, inputs: Inputs) -> None:
        self._type = type_
        self._inputs = inputs
        self._fields: list[tuple[str, str, Coerce, Absent]] | None = None

    def __call__(self, value: Any) -> Any:
        if type(value) is not dict:
            return coerce_input_value(value, self._type)
        if self._fields is None:
            self._fields = self._look()
        if not value.keys() <= self._type.fields.keys():
            return Undefined
        coerced: dict[str, Any] = {}
        for name, out_name, coerce, absent in self._fields:
            if name in value:
                found = coerce(value[name])
                if found is Undefined:
                    return Undefined
            elif absent is None:
                return Undefined
            elif (found := absent()) is Undefined:
                continue
            coerced[out_name] = found
        return self._type.out_type(coerced)

    def _look(self) -> list[tuple[str, str, Coerce, Absent]]:
        fields = self._type.fields.items()
        return [
            (name, field.out_name or name, self._inputs.coercion(field.type), _absent(field))
            for name, field in fields
        ]


def _absent(field: GraphQLInputField) -> Absent:
    """Returns what makes the value of a field that is not given, Undefined where nothing stands for it; None for a
    field that must be given."""
    if is_required_input_field(field):
        return None
    default = coerce_default_value(field)
    if default is None or default is Undefined or isinstance(default, str | int):
        return lambda: default
    return lambda: coerce_default_value(field)
