"""Writes operations that are valid for the schema: which fields, how deep, by literals or by variables."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from graphql.type import is_enum_type

from fuzz.values import Values

_ROOT_FIELDS: Final = (1, 1, 1, 2, 2, 3)
_DEEPEST: Final = 5
_MOST_ALIASES: Final = 28
_MOST_FIELDS: Final = 60
_BY_VARIABLE: Final = 0.6
_OPTIONAL: Final = 0.5
_RIVALS: Final = (("first", "last"), ("first", "before"), ("after", "last"), ("after", "before"), ("id", "slug"))


@dataclass(slots=True)
class Operation:
    """``fields`` are the root fields' names by their aliases."""

    kind: str
    text: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    slots: dict[str, tuple[GraphQLInputType, str]] = field(default_factory=dict)
    """Types of the variables, and what they are called."""

    def body(self) -> bytes:
        """Returns what is posted; half of a surrogate pair is something that JSON can say and UTF-8 cannot."""
        return json.dumps({"query": self.text, "variables": self.variables}).encode()


class Author:
    def __init__(self, schema: GraphQLSchema, dice: random.Random, values: Values) -> None:
        self._schema = schema
        self._dice = dice
        self._values = values
        roots = {"query": schema.query_type, "mutation": schema.mutation_type}
        self._roots = {kind: list(type_.fields.items()) for kind, type_ in roots.items() if type_}

    def write(self) -> Operation:
        """Returns another operation."""
        self._values.begin()
        kind = self._dice.choice(list(self._roots))
        return _Writing(self._schema, self._dice, self._values, Operation(kind)).write(self._roots[kind])

    def vary(self, operation: Operation) -> Operation:
        """Returns the same document with other variables: a server has prepared it already."""
        self._values.begin()
        drawn = {name: self._values.of(*slot) for name, slot in operation.slots.items()}
        return replace(operation, variables=drawn)


class _Writing:
    """One operation, as it comes about."""

    def __init__(self, schema: GraphQLSchema, dice: random.Random, values: Values, made: Operation) -> None:
        self._schema = schema
        self._dice = dice
        self._values = values
        self._made = made
        self._aliases = 0
        self._fields = 0

    def write(self, fields: Sequence[tuple[str, GraphQLField]]) -> Operation:
        calls = []
        for _ in range(self._dice.choice(_ROOT_FIELDS)):
            name, definition = self._dice.choice(fields)
            alias = self._alias(name)
            self._made.fields[alias] = name
            calls.append(f"{alias}: {self._call(name, definition, 1)}")
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self._made.slots.items())
        head = f"({declared})" if declared else ""
        self._made.text = f"{self._made.kind} Fuzz{head} {{ {' '.join(calls)} }}"
        return self._made

    def _alias(self, name: str) -> str:
        self._aliases += 1
        return f"{name}_{self._aliases}"

    def _call(self, name: str, definition: GraphQLField, depth: int) -> str:
        self._fields += 1
        given = list(self._arguments(name, definition))
        arguments = f"({', '.join(given)})" if given else ""
        return f"{name}{arguments}{self._selection(definition.type, depth)}"

    def _arguments(self, name: str, definition: GraphQLField) -> Iterator[str]:
        for argument, wanted in self._wanted(definition):
            hint = f"{name} {_named(wanted)} {argument}"
            yield f"{argument}: {self._given(wanted.type, hint, self._values.of(wanted.type, hint))}"

    def _wanted(self, definition: GraphQLField) -> Iterator[tuple[str, GraphQLArgument]]:
        """Seldom such as exclude each other."""
        required = {name for name, argument in definition.args.items() if is_required_argument(argument)}
        chosen = required | {name for name in definition.args if self._dice.random() < _OPTIONAL}
        for pair in _RIVALS:
            if chosen.issuperset(pair) and self._dice.random() < 0.9:
                chosen.discard(self._dice.choice(pair))
        chosen |= required
        return ((name, argument) for name, argument in definition.args.items() if name in chosen)

    def _given(self, type_: GraphQLInputType, hint: str, value: Any) -> str:
        if self._dice.random() >= _BY_VARIABLE and _is_text(value):
            return literal(value, type_)
        variable = f"v{len(self._made.slots)}"
        self._made.slots[variable] = type_, hint
        self._made.variables[variable] = value
        return f"${variable}"

    def _selection(self, type_: Any, depth: int) -> str:
        named = get_named_type(type_)
        if is_leaf_type(named):
            return ""
        if isinstance(named, GraphQLObjectType):
            return f" {{ __typename {' '.join(self._chosen(named, depth, aliased=False))} }}"
        assert isinstance(named, GraphQLUnionType | GraphQLInterfaceType)
        return f" {{ __typename {' '.join(self._by_type(named, depth))} }}"

    def _by_type(self, named: GraphQLUnionType | GraphQLInterfaceType, depth: int) -> Iterator[str]:
        """Each with aliases: what two members call the same may not be of one type."""
        members = list(self._schema.get_possible_types(named))
        interface = self._schema.type_map.get("Error")
        if isinstance(named, GraphQLUnionType):
            # What is first is what comes of success.
            wanted = (
                [members[0]] if self._dice.random() < 0.8 else self._dice.sample(members, min(2, len(members)))
            )
        else:
            wanted = self._dice.sample(members, min(self._dice.choice((1, 1, 2)), len(members)))
        for member in wanted:
            chosen = " ".join(self._chosen(member, depth, aliased=True))
            yield f"... on {member.name} {{ {chosen or '__typename'} }}"
        if isinstance(interface, GraphQLInterfaceType) and isinstance(named, GraphQLUnionType):
            yield "... on Error { code message }"

    def _chosen(self, type_: GraphQLObjectType, depth: int, *, aliased: bool) -> Iterator[str]:
        if "id" in type_.fields:
            yield "id"
        names = list(type_.fields)
        for name in self._dice.sample(names, min(len(names), self._dice.choice((1, 2, 3, 6)))):
            definition = type_.fields[name]
            if name == "id" or not self._fits(name, definition, depth):
                continue
            needs_alias = aliased or bool(definition.args)
            if needs_alias and self._aliases >= _MOST_ALIASES:
                continue
            call = self._call(name, definition, depth + 1)
            yield f"{self._alias(name)}: {call}" if needs_alias else call

    def _fits(self, name: str, definition: GraphQLField, depth: int) -> bool:
        if self._fields >= _MOST_FIELDS:
            return False
        if is_leaf_type(get_named_type(definition.type)):
            return True
        deeper = 0.9 if name in ("edges", "node", "nodes", "pageInfo") else 0.7 / depth
        return depth < _DEEPEST and self._dice.random() < deeper


def _named(argument: GraphQLArgument) -> str:
    return str(get_named_type(argument.type).name)


def _is_text(value: Any) -> bool:
    """Returns whether a document can say it: a document is UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def literal(value: Any, type_: GraphQLInputType) -> str:
    """Returns the value as a document has it."""
    if isinstance(type_, GraphQLNonNull):
        return literal(value, type_.of_type)
    if isinstance(value, list):
        inner = type_.of_type if isinstance(type_, GraphQLList) else type_
        return f"[{', '.join(literal(item, inner) for item in value)}]"
    if isinstance(value, dict):
        fields = type_.fields if isinstance(type_, GraphQLInputObjectType) else {}
        inside = (
            f"{name}: {literal(one, fields[name].type if name in fields else type_)}"
            for name, one in value.items()
        )
        return f"{{{', '.join(inside)}}}"
    if is_enum_type(type_) and isinstance(value, str):
        return value
    return json.dumps(value)
