"""Resolvers without strawberry's work for each call.

Strawberry looks up names, types and scalars again on every call of a field. All of that is known once the
schema is built, so the field's ``resolve`` is replaced by a function that only does what is left: build the
input objects and call the resolver. A field that uses anything unusual (extensions, Maybe, GlobalID,
inputs that build themselves) keeps strawberry's own.

An optional id that is empty is as if it were not given: clients in Go send it for what they leave out.
"""

from dataclasses import MISSING
from functools import partial
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLTypeResolver,
    GraphQLUnionType,
    get_nullable_type,
    is_leaf_type,
)
from strawberry import ID, Schema
from strawberry.relay.types import GlobalID
from strawberry.schema import compat
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from graphql_api.compiled_resolvers import Argument, Attribute, ByClass, Convert, LeafAttribute, Method

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

    def _resolver(self, definition: StrawberryField) -> Method:
        resolver = definition.base_resolver
        if resolver is None or resolver.root_parameter or resolver.parent_parameter:
            raise _Unusual
        call = resolver.wrapped_func
        if not callable(call):
            raise _Unusual
        takes_self = resolver.self_parameter is not None
        info_name = resolver.info_parameter.name if resolver.info_parameter else None
        make_info = partial(self._config.info_class, _field=definition)
        return Method(call, self._arguments(definition), info_name, make_info, takes_self=takes_self)

    def _arguments(self, definition: StrawberryField) -> list[Argument]:
        name_of = self._config.name_converter.from_argument
        return [
            Argument(name_of(one), one.python_name, self._converter(one.type), _is_optional_id(one.type))
            for one in definition.arguments
        ]

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


def _by_class(union: GraphQLUnionType, otherwise: GraphQLTypeResolver) -> ByClass:
    """Members are told by their class; strawberry sees to the rest: generic types, casts, other classes."""
    definitions = [(member.extensions or {}).get(_DEFINITION) for member in union.types]
    names = {
        definition.origin: member.name
        for member, definition in zip(union.types, definitions, strict=True)
        if isinstance(definition, StrawberryObjectDefinition)
        and definition.concrete_of is None
        and definition.is_type_of is None
    }
    return ByClass(names, otherwise)


def _attribute(name: str, type_: GraphQLOutputType) -> Attribute:
    inner = get_nullable_type(type_)
    return LeafAttribute(name, inner, nullable=inner is type_) if is_leaf_type(inner) else Attribute(name)


def _list_of(convert: Convert | None) -> Convert:
    if convert is None:
        return list
    return lambda items: [None if item is None else convert(item) for item in items]
