"""Operations made from the schema: every root field, with arguments of the right types."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    EnumValueNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    ListValueNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from resolvers.shared.limits import MAX_FIELDS

SCALARS: Mapping[str, str] = {
    "String": '"x"',
    "Int": "1",
    "Float": "1.5",
    "Boolean": "true",
    "Decimal": '"1.00"',
    "DateTime": '"2030-01-01T00:00:00Z"',
    "Date": '"2030-01-01"',
}

_AT_ONCE = 2


class NotExpressible(Exception):
    """An argument of a type that no literal can be made of, such as a file."""


@dataclass(frozen=True, slots=True)
class RootField:
    """``roles`` and ``scopes`` as ``@requires`` shows them; without any it is for everybody."""

    root: str
    name: str
    field: GraphQLField
    roles: frozenset[str]
    scopes: frozenset[str]

    def call(self, alias: str, variable: str) -> str:
        """The field with the variable wherever an id is asked for. Errors: NotExpressible."""
        given = [
            f"{name}: {_literal(argument.type, variable)}"
            for name, argument in self.field.args.items()
            if is_required_argument(argument) or _takes_id(argument)
        ]
        arguments = f"({', '.join(given)})" if given else ""
        return f"{alias}: {self.name}{arguments} {selection(self.field.type, 2 if self.root == 'mutation' else 3)}"

    def operations(self, ids: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
        """Documents and their variables: an alias for each of a few ids; a single one when no id is asked for.

        The documents are the same whatever the ids, so that a server prepares them once.
        """
        if not any(map(_takes_id, self.field.args.values())):
            return [(f"{self.root} {{ {self.call('f0', '')} }}", {})]
        size = 1 if self.root == "subscription" else min(_AT_ONCE, MAX_FIELDS // self._words())
        return [self._operation(ids[i : i + size]) for i in range(0, len(ids), size)]

    def _words(self) -> int:
        """At least as many as the fields of one alias."""
        return len(re.findall(r"\w+", self.call("f0", "$id0")))

    def _operation(self, ids: Sequence[str]) -> tuple[str, dict[str, str]]:
        variables = {f"id{number}": id_ for number, id_ in enumerate(ids)}
        declared = ", ".join(f"${name}: ID!" for name in variables)
        calls = " ".join(self.call(f"f{number}", f"${name}") for number, name in enumerate(variables))
        return f"{self.root} ({declared}) {{ {calls} }}", variables


def root_fields(schema: GraphQLSchema) -> Iterator[RootField]:
    """Of a schema that was built from SDL, so that the directives are there."""
    roots = {
        "query": schema.query_type,
        "mutation": schema.mutation_type,
        "subscription": schema.subscription_type,
    }
    for root, type_ in roots.items():
        for name, field in (type_.fields if type_ else {}).items():
            directives = field.ast_node.directives if field.ast_node else ()
            found = [directive for directive in directives or () if directive.name.value == "requires"]
            yield RootField(root, name, field, _listed(found, "roles"), _listed(found, "scopes"))


def _listed(directives: Sequence[DirectiveNode], name: str) -> frozenset[str]:
    values = [a.value for d in directives for a in d.arguments or () if a.name.value == name]
    lists = [value.values for value in values if isinstance(value, ListValueNode)]
    return frozenset(item.value for items in lists for item in items if isinstance(item, EnumValueNode))


def _takes_id(argument: GraphQLArgument | GraphQLInputField) -> bool:
    named = get_named_type(argument.type)
    if isinstance(named, GraphQLInputObjectType):
        return any(_takes_id(field) for field in named.fields.values() if get_named_type(field.type) is not named)
    return isinstance(named, GraphQLScalarType) and named.name == "ID"


def _literal(type_: GraphQLInputType, variable: str) -> str:
    if isinstance(type_, GraphQLNonNull):
        return _literal(type_.of_type, variable)
    if isinstance(type_, GraphQLList):
        return f"[{_literal(type_.of_type, variable)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        fields = type_.fields.items()
        one_of = list(fields)[:1] if type_.is_one_of else fields
        wanted = [
            (name, f)
            for name, f in one_of
            if isinstance(f.type, GraphQLNonNull) or _takes_id(f) or type_.is_one_of
        ]
        return "{" + ", ".join(f"{name}: {_literal(f.type, variable)}" for name, f in wanted) + "}"
    if type_.name == "ID":
        return variable
    if type_.name not in SCALARS:
        raise NotExpressible(type_.name)
    return SCALARS[type_.name]


def selection(type_: object, depth: int) -> str:
    """All that can be seen without arguments, some levels deep."""
    named = get_named_type(type_)  # type: ignore[call-overload]
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        # Of one member: the fields of several may not be merged.
        member = named.types[0]
        return f"{{ __typename ... on {member.name} {selection(member, depth)} ... on Error {{ code }} }}"
    if isinstance(named, GraphQLObjectType):
        return f"{{ __typename {' '.join(_fields(named, depth))} }}"
    assert isinstance(named, GraphQLInterfaceType)
    return "{ __typename id }" if "id" in named.fields else "{ __typename }"


def _fields(type_: GraphQLObjectType, depth: int) -> Iterator[str]:
    for name, field in type_.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(get_named_type(field.type)):
            yield name
        elif depth > 1 and not field.args:
            yield f"{name} {selection(field.type, depth - 1)}"
