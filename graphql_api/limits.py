"""What a client may ask for in one operation: checked once a document, before validation; what depends on
variables, with each request.

Validation compares every pair of fields of a selection, so a document must be small before it gets there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from graphql_api.cost import Cost, OperationCost, Rows, rows_of
from resolvers.shared.limits import (
    MAX_ALIASES,
    MAX_COST,
    MAX_DEPTH,
    MAX_DIRECTIVES,
    MAX_FIELDS,
    MAX_ROOT_FIELDS,
    MAX_STRING_CHARS,
)

TOO_COMPLEX = "QUERY_TOO_COMPLEX"


def too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": TOO_COMPLEX})


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection amounts to with its fragments spread out."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    cost: Cost = field(default_factory=Cost)

    def beside(self, other: "Weight") -> "Weight":
        fields = self.fields + other.fields
        return Weight(
            fields,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            # Of what is refused anyway: fragments within fragments would make a sum without end.
            self.cost.plus(other.cost) if fields <= MAX_FIELDS else Cost(),
        )

    def under(self, field: FieldNode, rows: int | Rows) -> "Weight":
        """Returns the weight of a field with this inside."""
        aliased = field.alias is not None
        cost = self.cost.under(rows)
        return Weight(self.fields + 1, self.depth + 1, self.aliases + aliased, self.directives, cost)


class _Scale:
    """Weighs each fragment once, however often it is spread."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, Weight] = {}

    def operation(self, node: OperationDefinitionNode) -> Weight:
        return self._selections(node.selection_set, self._schema.get_root_type(node.operation))

    def fragment(self, name: str) -> Weight:
        if name not in self._known:
            # A fragment that spreads itself counts as nothing here: validation refuses it.
            self._known[name] = Weight()
            node = self._fragments.get(name)
            self._known[name] = self._selections(node.selection_set, self._named(node)) if node else Weight()
        return self._known[name]

    def _named(self, node: FragmentDefinitionNode | InlineFragmentNode) -> GraphQLNamedType | None:
        return self._schema.get_type(node.type_condition.name.value) if node.type_condition else None

    def _selections(self, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Weight:
        total = Weight()
        for node in selection_set.selections if selection_set else ():
            total = total.beside(Weight(directives=len(node.directives or ())))
            if isinstance(node, FieldNode):
                total = total.beside(self._field(node, parent))
            elif isinstance(node, FragmentSpreadNode):
                total = total.beside(self.fragment(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                total = total.beside(self._selections(node.selection_set, self._named(node) or parent))
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        type_, rows = self._outcome(node, parent)
        return self._selections(node.selection_set, type_).under(node, rows)

    def _outcome(
        self, node: FieldNode, parent: GraphQLNamedType | None
    ) -> tuple[GraphQLNamedType | None, int | Rows]:
        """Returns what the field gives, and how often."""
        definition = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            definition = self._schema.get_field(parent, node.name.value)
        if definition is None or parent is None:  # not of this schema, or not there: validation says so
            return None, 1
        # The schema about itself is small, and its depth has a rule of its own. Of a connection, the field that
        # gave the page has counted its rows.
        is_one = (
            node.name.value.startswith("__") or parent.name.startswith("__") or parent.name.endswith("Connection")
        )
        return get_named_type(definition.type), 1 if is_one else rows_of(node, definition)

    def costliest(self, node: OperationDefinitionNode, values: Mapping[str, Any]) -> tuple[str, int]:
        """Returns the path of the innermost field that has more than half of the cost, and what it costs; of a
        valid document."""
        root = self._schema.get_root_type(node.operation)
        half, times = self.operation(node).cost.of(values) / 2, 1
        path: list[str] = []
        found, inside = 0, list(self._fields(node.selection_set, root))
        while inside:
            cost, field, parent = max(
                ((times * self._field(one, of).cost.of(values), one, of) for one, of in inside),
                key=lambda it: it[0],
            )
            if path and cost <= half:
                break
            type_, rows = self._outcome(field, parent)
            path.append((field.alias or field.name).value)
            times *= rows.of(values) if isinstance(rows, Rows) else rows
            found, inside = cost, list(self._fields(field.selection_set, type_))
        return ".".join(path), found

    def _fields(
        self, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType | None]]:
        """Yields the fields of a selection and of its fragments, which do not spread themselves."""
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FieldNode):
                yield node, parent
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set, self._named(node) or parent)
            elif isinstance(node, FragmentSpreadNode) and (fragment := self._fragments.get(node.name.value)):
                yield from self._fields(fragment.selection_set, self._named(fragment))


def check_limits(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """Returns the limits that the document's operations and fragments break, whatever its variables are."""
    scale = _Scale(schema, fragments_of(document))
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            weight = scale.operation(node)
        elif isinstance(node, FragmentDefinitionNode):
            weight = scale.fragment(node.name.value)
        else:
            continue
        if problems := list(_problems(weight, len(node.selection_set.selections))):
            return problems
    return []


def _problems(weight: Weight, root_fields: int) -> Iterator[GraphQLError]:
    for found, most, what in (
        (weight.depth, MAX_DEPTH, "levels deep"),
        (weight.fields, MAX_FIELDS, "fields"),
        (weight.aliases, MAX_ALIASES, "aliases"),
        (weight.directives, MAX_DIRECTIVES, "directives"),
        (root_fields, MAX_ROOT_FIELDS, "selections at the root"),
    ):
        if found > most:
            yield too_complex(f"The operation has {found} {what}; at most {most} are allowed.")


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def cost_of(
    schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], node: OperationDefinitionNode
) -> OperationCost:
    """Returns what the operation costs, whose document is within the limits."""
    return OperationCost.of_node(node, _Scale(schema, fragments).operation(node).cost)


def too_costly(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    node: OperationDefinitionNode,
    values: Mapping[str, Any],
) -> GraphQLError:
    """Make the refusal of an operation that costs too much; it names the field that costs most."""
    scale = _Scale(schema, fragments)
    cost = scale.operation(node).cost.of(values)
    path, own = scale.costliest(node, values)
    return GraphQLError(
        f"The answer could have {cost} fields; at most {MAX_COST} are allowed. {path} has {own} of them: ask for "
        "fewer rows or fewer lists in lists.",
        extensions={"code": TOO_COMPLEX, "cost": cost, "maximum": MAX_COST, "field": path, "fieldCost": own},
    )


def check_strings(variables: dict[str, object]) -> str | None:
    """Returns the path of a string in the variables that is too long, if there is one."""
    pending: list[tuple[str, object]] = list(variables.items())
    while pending:
        path, value = pending.pop()
        if isinstance(value, str) and len(value) > MAX_STRING_CHARS:
            return path
        if isinstance(value, dict):
            pending.extend((f"{path}.{key}", item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend((f"{path}.{place}", item) for place, item in enumerate(value))
    return None
