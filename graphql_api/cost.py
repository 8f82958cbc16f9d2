"""What an operation costs: about how many fields its answer has.

How many rows a page has may be in a variable. So what a document's operation costs is a sum with places left
open, made once, which every request fills in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInt,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

from resolvers.federation.queries import MAX_REPRESENTATIONS
from resolvers.shared.connection import DEFAULT_PAGE, MAX_PAGE
from resolvers.shared.node import MAX_NODES

LIST_ROWS: Final = 5
"""What a list that is no page is taken to hold: variants of a product, items of a sale, lines of an order."""

_LISTS: Final = {"ids": MAX_NODES, "representations": MAX_REPRESENTATIONS}
"""Arguments that say what is wanted one by one, and how many at most."""


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows a field gives: as the first of these variables says that is given, else ``otherwise``."""

    variables: tuple[str, ...]
    otherwise: int
    most: int

    def of(self, values: Mapping[str, Any]) -> int:
        for name in self.variables:
            if (value := values.get(name)) is not None:
                return self._count(value)
        return self.otherwise

    def _count(self, value: object) -> int:
        if isinstance(value, list):
            return min(len(value), self.most)
        # What is no number is refused as a variable; a number above the most, by the field.
        return int(max(0, min(value, self.most))) if isinstance(value, int | float) else 1


@dataclass(frozen=True, slots=True)
class Cost:
    """``open``: what is added as many times as there are rows: how often that is, the rows, and what one costs."""

    fixed: int = 0
    open: tuple[tuple[int, Rows, "Cost"], ...] = ()

    def plus(self, other: "Cost") -> "Cost":
        return Cost(self.fixed + other.fixed, self.open + other.open)

    def under(self, rows: int | Rows) -> "Cost":
        """Returns the cost of a field with so many rows of this."""
        if isinstance(rows, Rows):
            return Cost(1, ((1, rows, self),))
        return Cost(1 + rows * self.fixed, tuple((rows * times, own, each) for times, own, each in self.open))

    def of(self, values: Mapping[str, Any]) -> int:
        """Fill in the values of variables."""
        return self.fixed + sum(times * rows.of(values) * each.of(values) for times, rows, each in self.open)


@dataclass(frozen=True, slots=True)
class OperationCost:
    """``defaults`` are those of the operation's variables."""

    cost: Cost
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_node(cls, node: OperationDefinitionNode, cost: Cost) -> "OperationCost":
        defined = ((one.variable.name.value, one.default_value) for one in node.variable_definitions or ())
        return cls(cost, {name: value_from_ast_untyped(value) for name, value in defined if value is not None})

    def values(self, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        return {**self.defaults, **(given or {})}

    def of(self, given: Mapping[str, Any] | None) -> int:
        """Returns the cost with these variables."""
        return self.cost.of(self.values(given)) if self.cost.open else self.cost.fixed


def rows_of(node: FieldNode, definition: GraphQLField) -> int | Rows:
    """Returns how many rows the field is taken to give."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    if (first := definition.args.get("first")) is not None and get_named_type(first.type) is GraphQLInt:
        return _page([given.get("first"), given.get("last")], DEFAULT_PAGE, MAX_PAGE)
    for name, most in _LISTS.items():
        if name in definition.args:
            return _page([given.get(name)], 0, most)
    return LIST_ROWS if is_list_type(get_nullable_type(definition.type)) else 1


def _page(asked: list[ValueNode | None], otherwise: int, most: int) -> int | Rows:
    """Returns what the first argument says that is not null; one that is wrong is refused by its field."""
    variables: list[str] = []
    for value in asked:
        if isinstance(value, VariableNode):
            variables.append(value.name.value)
        elif value is not None and not isinstance(value, NullValueNode):
            otherwise = min(_literal(value), most)
            break
    return Rows(tuple(variables), otherwise, most) if variables else otherwise


def _literal(value: ValueNode) -> int:
    if isinstance(value, ListValueNode):
        return len(value.values)
    return max(0, int(value.value)) if isinstance(value, IntValueNode) else 1
