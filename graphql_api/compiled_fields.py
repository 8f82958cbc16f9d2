"""Resolvers without strawberry's work for each call.

Strawberry looks up names, types and scalars again on every call of a field. All of that is known once the
schema is built, so the field's ``resolve`` is replaced by a function that only does what is left: build the
input objects and call the resolver. A field that uses anything unusual (extensions, Maybe, GlobalID,
inputs that build themselves) keeps strawberry's own.

An optional id that is empty is as if it were not given: clients in Go send it for what they leave out.
"""

from collections.abc import Callable
from dataclasses import MISSING
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLTypeResolver,
    GraphQLUnionType,
    Undefined,
    get_nullable_type,
    is_leaf_type,
)
from strawberry import ID, Schema
from strawberry.relay.types import GlobalID
from strawberry.schema import compat
from strawberry.types import Info
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)
from strawberry.types.cast import get_strawberry_type_cast
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

Convert = Callable[[Any], Any]
_DEFINITION = "strawberry-definition"


class _Unusual(Exception):
    """Left to strawberry."""


def compile_fields(schema: Schema) -> None:
    """Replace the resolvers of a finished schema, in place."""
    compiler = _Compiler(schema)
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and type_ is not schema._schema.subscription_type:
            for field in type_.fields.values():
                compiler.compile(field)
        elif isinstance(type_, GraphQLUnionType) and type_.resolve_type is not None:
            type_.resolve_type = _by_class(type_, type_.resolve_type)


class _Compiler:
    def __init__(self, schema: Schema) -> None:
        self._config = schema.config
        self._scalars = schema.schema_converter.scalar_registry
        self._inputs: dict[type, Convert] = {}

    def compile(self, field: GraphQLField) -> None:
        definition = (field.extensions or {}).get(_DEFINITION)
        if not isinstance(definition, StrawberryField) or definition.extensions or definition.is_subscription:
            return
        if definition.base_resolver is None:
            field.resolve = _attribute(definition.python_name, field.type)
            return
        try:
            field.resolve = self._resolver(definition)
        except _Unusual:
            return

    def _resolver(self, definition: StrawberryField) -> Callable[..., Any]:
        resolver = definition.base_resolver
        if resolver is None or resolver.root_parameter or resolver.parent_parameter:
            raise _Unusual
        call = resolver.wrapped_func
        if not callable(call):
            raise _Unusual
        takes_self = resolver.self_parameter is not None
        info_name = resolver.info_parameter.name if resolver.info_parameter else None
        info_class = self._config.info_class
        arguments = self._arguments(definition)
        name_of = self._config.name_converter.from_argument
        optional_ids = {name_of(a) for a in definition.arguments if _is_optional_id(a.type)}

        def resolve(source: Any, raw: GraphQLResolveInfo[Any], **values: Any) -> Any:
            given = {}
            for name, python_name, convert in arguments:
                if name in values and ((value := values[name]) != "" or name not in optional_ids):
                    given[python_name] = value if convert is None or value is None else convert(value)
            if info_name is not None:
                given[info_name] = _make_info(info_class, raw, definition)
            return call(source, **given) if takes_self else call(**given)

        return resolve

    def _arguments(self, definition: StrawberryField) -> list[tuple[str, str, Convert | None]]:
        name_of = self._config.name_converter.from_argument
        return [(name_of(a), a.python_name, self._converter(a.type)) for a in definition.arguments]

    def _converter(self, type_: Any) -> Convert | None:
        """Returns what converts the value; None when the value that graphql-core coerced is what the resolver
        takes."""
        if isinstance(type_, LazyType):
            return self._converter(type_.resolve_type())
        if isinstance(type_, StrawberryMaybe) or type_ is GlobalID:
            raise _Unusual
        if isinstance(type_, StrawberryOptional):
            return self._converter(type_.of_type)
        if isinstance(type_, StrawberryList):
            return _list_of(self._converter(type_.of_type))
        if isinstance(type_, StrawberryEnumDefinition) or has_enum_definition(type_):
            return None
        if compat.is_scalar(type_, self._scalars):
            return None
        definition = get_object_definition(type_)
        if definition is None or not definition.is_input or definition.from_input is not None:
            raise _Unusual
        return self._input(type_, definition)

    def _input(self, type_: type, definition: StrawberryObjectDefinition) -> Convert:
        if type_ in self._inputs:
            return self._inputs[type_]
        fields: list[tuple[str, str, Convert | None]] = []
        optional_ids: set[str] = set()
        # graphql-core has refused input that lacks a required field; the rest is null unless it has a default.
        absent = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }

        def build(value: dict[str, Any]) -> Any:
            given: dict[str, Any] = absent.copy()
            for name, python_name, convert in fields:
                if name in value and ((item := value[name]) != "" or name not in optional_ids):
                    given[python_name] = item if convert is None or item is None else convert(item)
            return type_(**given)

        self._inputs[type_] = build  # before its fields: an input may hold its own kind
        name_of = self._config.name_converter.from_field
        for field in definition.fields:
            type_of_field = field.resolve_type(type_definition=definition)
            fields.append((name_of(field), field.python_name, self._converter(type_of_field)))
            if _is_optional_id(type_of_field):
                optional_ids.add(name_of(field))
        return build


def _is_optional_id(type_: Any) -> bool:
    return isinstance(type_, StrawberryOptional) and type_.of_type is ID


def _make_info(info_class: type[Info], raw: GraphQLResolveInfo[Any], definition: StrawberryField) -> Info:
    return info_class(_raw_info=raw, _field=definition)


def _by_class(union: GraphQLUnionType, otherwise: GraphQLTypeResolver) -> GraphQLTypeResolver:
    """Members are told by their class; strawberry sees to the rest: generic types, casts, other classes."""
    definitions = [(member.extensions or {}).get(_DEFINITION) for member in union.types]
    names = {
        definition.origin: member.name
        for member, definition in zip(union.types, definitions, strict=True)
        if isinstance(definition, StrawberryObjectDefinition)
        and definition.concrete_of is None
        and definition.is_type_of is None
    }

    def resolve_type(value: Any, info: GraphQLResolveInfo[Any], type_: GraphQLAbstractType) -> Any:
        name = names.get(type(value))
        if name is None or get_strawberry_type_cast(value) is not None:
            return otherwise(value, info, type_)
        return name

    return resolve_type


class LeafAttribute:
    """The resolver of a scalar or enum that is an attribute; ``read`` also makes of it what the client is sent."""

    __slots__ = ("_get", "_nullable", "_shown")

    def __init__(self, name: str, leaf: GraphQLLeafType, *, nullable: bool) -> None:
        self._get = attrgetter(name)
        self._shown = leaf.coerce_output_value
        self._nullable = nullable

    def __call__(self, source: Any, _info: GraphQLResolveInfo[Any]) -> Any:
        return self._get(source)

    def read(self, source: Any) -> Any:
        """Read a field; Undefined when it cannot be shown as it is: then graphql-core finds out what the error
        is."""
        try:
            value = self._get(source)
            if value is not None:
                shown = self._shown(value)
                return Undefined if shown is None else shown
        except Exception:
            return Undefined
        return None if self._nullable else Undefined


def _attribute(name: str, type_: GraphQLOutputType) -> Callable[..., Any]:
    inner = get_nullable_type(type_)
    if is_leaf_type(inner):
        return LeafAttribute(name, inner, nullable=inner is type_)
    get = attrgetter(name)

    def resolve(source: Any, _info: GraphQLResolveInfo[Any]) -> Any:
        return get(source)

    return resolve


def _list_of(convert: Convert | None) -> Convert:
    if convert is None:
        return list
    return lambda items: [None if item is None else convert(item) for item in items]
