"""The same operation in other words: named fragments, directives, fields in two parts, defaults of variables."""

import random
from collections.abc import Sequence
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableDefinitionNode,
    get_named_type,
    parse,
    print_ast,
    type_from_ast,
)

from fuzz.author import literal

_DIRECTED: Final = 0.15
_IN_PARTS: Final = 0.2
_IN_FRAGMENT: Final = 0.3
_BY_DEFAULT: Final = 0.3
_MOSTLY: Final = 0.8
_ON: Final = "on"
_DIRECTIVES: Final = (
    *("@include(if: $on)", "@include(if: $on)", "@skip(if: $off)", "@include(if: true)", "@skip(if: false)"),
    *("@include(if: $off)", "@skip(if: true)", "@skip(if: $on)", "@include(if: $on) @skip(if: $off)"),
)
_CONDITIONS: Final = {_ON: "$on: Boolean!", "off": "$off: Boolean! = false"}


def rewrite(
    schema: GraphQLSchema, dice: random.Random, text: str, variables: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Returns an operation that asks for the same as the one given, or for some of it, and its variables."""
    [node] = parse(text).definitions
    assert isinstance(node, OperationDefinitionNode)
    root = schema.get_root_type(node.operation)
    assert root is not None
    rewriting = _Rewriting(schema, dice)
    body = " ".join([rewriting.selection(node.selection_set.selections, root), *rewriting.fragments])
    given = dict(variables)
    declared = [_declared(schema, dice, one, given) for one in node.variable_definitions or ()]
    for name, condition in _CONDITIONS.items():
        if f"${name})" in body:
            declared.append(condition)
    if f"${_ON})" in body:
        given[_ON] = dice.random() < _MOSTLY
    head = f"({', '.join(declared)}) " if declared else ""
    return f"{node.operation.value} Rewritten{head}{body}", given


def _declared(
    schema: GraphQLSchema, dice: random.Random, node: VariableDefinitionNode, given: dict[str, Any]
) -> str:
    """Declare a variable; of one that has a default now nothing is given any more."""
    name = node.variable.name.value
    type_: Any = type_from_ast(schema, node.type)
    if dice.random() >= _BY_DEFAULT or "\\ud" in ascii(given[name]):
        return f"${name}: {type_}"
    return f"${name}: {type_} = {literal(given.pop(name), type_)}"


class _Rewriting:
    def __init__(self, schema: GraphQLSchema, dice: random.Random) -> None:
        self._schema = schema
        self._dice = dice
        self.fragments: list[str] = []

    def selection(self, nodes: Sequence[SelectionNode], parent: GraphQLNamedType) -> str:
        inside = " ".join(self._one(node, parent) for node in nodes)
        if self._dice.random() >= _IN_FRAGMENT:
            return f"{{ {inside} }}"
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {parent.name} {{ {inside} }}")
        return f"{{ ...{name}{self._directive()} }}"

    def _one(self, node: SelectionNode, parent: GraphQLNamedType) -> str:
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            member = self._schema.type_map[node.type_condition.name.value]
            inside = self.selection(node.selection_set.selections, member)
            return f"... on {member.name}{self._directive()} {inside}"
        assert isinstance(node, FieldNode)
        bare = FieldNode(alias=node.alias, name=node.name, arguments=node.arguments)
        call = print_ast(bare) + self._directive()
        if node.selection_set is None:
            return call
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        inner = get_named_type(parent.fields[node.name.value].type)
        nodes = node.selection_set.selections
        cut = self._dice.randrange(1, len(nodes) + 1) if self._dice.random() < _IN_PARTS else len(nodes)
        parts = [part for part in (nodes[:cut], nodes[cut:]) if part]
        return " ".join(f"{call} {self.selection(part, inner)}" for part in parts)

    def _directive(self) -> str:
        return f" {self._dice.choice(_DIRECTIVES)}" if self._dice.random() < _DIRECTED else ""
