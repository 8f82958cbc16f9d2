"""The schema explains itself: every type, field, argument and value says more than its name."""

import re
from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from graphql_api.schema import build_schema as build_rushcart

Described = tuple[str, str | None, str | None]
_UNTIL = re.compile(r"\bUntil (\d+\.\d+|\d{4}-\d\d-\d\d)\b")


def everything(schema: GraphQLSchema) -> Iterator[Described]:
    """Yields what each is called, its description, and why it is deprecated."""
    for directive in schema.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description, None
            for name, argument in directive.args.items():
                yield f"@{directive.name}({name})", argument.description, argument.deprecation_reason
    for type_ in schema.type_map.values():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield type_.name, type_.description, None
        if isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.description, value.deprecation_reason
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            yield from _fields(type_)
        elif isinstance(type_, GraphQLInputObjectType):
            for name, one in type_.fields.items():
                yield f"{type_.name}.{name}", one.description, one.deprecation_reason


def _fields(type_: GraphQLObjectType | GraphQLInterfaceType) -> Iterator[Described]:
    for name, field in type_.fields.items():
        yield f"{type_.name}.{name}", field.description, field.deprecation_reason
        for argument_name, argument in field.args.items():
            yield f"{type_.name}.{name}({argument_name})", argument.description, argument.deprecation_reason


def problems(schema: GraphQLSchema) -> list[str]:
    found = []
    for name, text, deprecated in everything(schema):
        own = re.split(r"[.(]", name.strip("@)"))[-1]
        if not text or not text.rstrip().endswith((".", ":", "…")):
            found.append(f"{name} has no sentence")
        elif _bare(text).removeprefix("the") in (_bare(own), _bare(name)):
            found.append(f"{name} repeats its name")
        if deprecated is not None and not _UNTIL.search(deprecated):
            found.append(f"{name} does not say until when")
    return found


def _bare(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def test_everything_in_the_schema_is_described() -> None:
    assert problems(build_rushcart()._schema) == []


def test_what_says_nothing_is_found() -> None:
    sdl = """
    "The root." type Query {
      "The size." size("How wide at most." width: Int, other: Int): Int
      "Replaced." old: Int @deprecated(reason: "Use size.")
      "Replaced." older: Int @deprecated(reason: "Use size. Until 2.0.")
    }
    "Which." enum Kind { ONE }
    """
    assert problems(build_schema(sdl)) == [
        "Query.size repeats its name",
        "Query.size(other) has no sentence",
        "Query.old does not say until when",
        "Kind.ONE has no sentence",
    ]
