"""Descriptions that belong to no class, and those that follow from the schema: of what a mutation takes and
answers with, of pages, of who may use a field.

The last is there for people: introspection does not tell of directives that are applied.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)
from strawberry.types.field import StrawberryField

from models.enums import Role
from resolvers.shared.permissions import Requires

_DEFINITION = "strawberry-definition"
_TYPES = {
    "Date": "A day, such as 2030-01-31.",
    "Query": "What can be asked. Fields with `@requires` are for some only; all else is open to everybody.",
    "Mutation": "What can be done. Each answers with a union: what came of it, or an `Error` that says why "
    "nothing was done.",
    "Subscription": "What can be watched, over a WebSocket (graphql-transport-ws) or as server-sent events.",
}
# Strawberry has no place for them.
_ARGUMENTS = {
    ("cacheControl", "maxAge"): "Seconds.",
    ("cacheControl", "scope"): "Whether caches that many share may keep it.",
    ("requires", "roles"): "One of these is enough; empty: no person may.",
    ("requires", "scopes"): "One of these is enough; empty: no service token may.",
}
_INPUT = "All that it takes, in one object: it can be sent as one variable."


def describe(schema: GraphQLSchema) -> None:
    """Describe what nobody has described and what can be told from the rest, in place."""
    for name, text in _TYPES.items():
        if type_ := schema.get_type(name):
            type_.description = text
    for directive in schema.directives:
        for name, argument in directive.args.items():
            argument.description = argument.description or _ARGUMENTS.get((directive.name, name))
    for field in schema.mutation_type.fields.values() if schema.mutation_type else ():
        if "input" in field.args:
            field.args["input"].description = field.args["input"].description or _INPUT
    answers = _answers(schema)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLUnionType) and not type_.description and type_.name in answers:
            type_.description = _outcome(schema, type_, answers[type_.name])
        elif isinstance(type_, GraphQLObjectType) and not type_.description:
            type_.description = _page(type_)
        if isinstance(type_, GraphQLObjectType):
            for field in type_.fields.values():
                _say_who_may(field, is_mutation=type_ is schema.mutation_type)


def _say_who_may(field: GraphQLField, *, is_mutation: bool) -> None:
    definition = (field.extensions or {}).get(_DEFINITION)
    directives = definition.directives if isinstance(definition, StrawberryField) else ()
    who = next((_who_may(one) for one in directives if isinstance(one, Requires)), None)
    if who is None and is_mutation:
        who = "everybody, signed in or not"
    if who is not None:
        # In one paragraph: of lists of fields, docs panes show the first alone.
        field.description = f"{field.description or ''} For {who}.".strip()


_EVERYBODY: Final = {
    Role.GUEST: "everybody with a session, guests too",
    Role.CUSTOMER: "everybody who is signed in",
}


def _who_may(requires: Requires) -> str:
    """Returns which persons, and which service tokens."""
    people = [_EVERYBODY.get(role, role.name) for role in requires.roles]
    tokens = [f"a role or service token with {scope.name}" for scope in requires.scopes]
    return ", or ".join(people + tokens) or "nobody"


def _answers(schema: GraphQLSchema) -> dict[str, list[str]]:
    """Returns the mutations that answer with each type."""
    found = defaultdict(list)
    for name, field in schema.mutation_type.fields.items() if schema.mutation_type else ():
        found[get_named_type(field.type).name].append(name)
    return found


def _outcome(schema: GraphQLSchema, union: GraphQLUnionType, mutations: list[str]) -> str:
    error = schema.get_type("Error")
    assert isinstance(error, GraphQLInterfaceType), "the interface of all expected errors"
    good = [f"`{member.name}`" for member in union.types if error not in member.interfaces]
    asked = ", ".join(f"`{name}`" for name in mutations)
    return f"The outcome of {asked}: {' or '.join(good)}; or an `Error` that says why nothing was done."


def _page(type_: GraphQLObjectType) -> str | None:
    return next(_pages(type_), None)


def _pages(type_: GraphQLObjectType) -> Iterator[str]:
    if type_.name.endswith("Connection") and "edges" in type_.fields:
        edge = get_named_type(type_.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType), "a Relay connection"
        yield f"A page of a list; each edge has a `{get_named_type(edge.fields['node'].type).name}`."
    elif type_.name.endswith("Edge") and "node" in type_.fields:
        yield f"A `{get_named_type(type_.fields['node'].type).name}` at its place in a list."
