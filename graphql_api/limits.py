"""What a client may ask for in one operation, checked once a document, before validation.

Validation compares every pair of fields of a selection, so a document must be small before it gets there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from resolvers.shared.connection import DEFAULT_PAGE, MAX_PAGE
from resolvers.shared.node import MAX_NODES

MAX_QUERY_CHARS = 20_000
MAX_TOKENS = 2_000
MAX_DEPTH = 15
MAX_FIELDS = 500
MAX_ALIASES = 30
MAX_ROOT_FIELDS = 20
MAX_DIRECTIVES = 50
MAX_BATCH = 10
# Fields in the answer, as estimated: about 0.2 s of work.
MAX_COST = 20_000
# What a list that is no page is taken to hold: variants of a product, items of a sale, lines of an order.
LIST_ROWS = 5
MAX_STRING_CHARS = 64 * 1024

TOO_COMPLEX = "QUERY_TOO_COMPLEX"


def too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": TOO_COMPLEX})


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection amounts to with its fragments spread out.

    ``cost`` is about how many fields the answer has: a page counts as often as the rows it asks for.
    """

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: "Weight") -> "Weight":
        return Weight(
            self.fields + other.fields,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.cost + other.cost,
        )

    def under(self, field: FieldNode, rows: int) -> "Weight":
        """Returns the weight of a field with this inside."""
        aliased = field.alias is not None
        cost = 1 + rows * self.cost
        return Weight(self.fields + 1, self.depth + 1, self.aliases + aliased, self.directives, cost)


class _Scale:
    """Weighs each fragment once, however often it is spread."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        fragments = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
        self._fragments = {node.name.value: node for node in fragments}
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
        definition = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            definition = self._schema.get_field(parent, node.name.value)
        if definition is None:  # not of this schema, or not there: validation says so
            return self._selections(node.selection_set, None).under(node, 1)
        inside = self._selections(node.selection_set, get_named_type(definition.type))
        return inside.under(node, 1 if node.name.value.startswith("__") else _rows(node, definition, parent))


def _rows(node: FieldNode, definition: GraphQLField, parent: GraphQLNamedType | None) -> int:
    """Returns how many rows the field is taken to give."""
    if parent is not None and parent.name.startswith("__"):
        return 1  # the schema about itself: small, and its depth has a rule of its own
    if parent is not None and parent.name.endswith("Connection"):
        return 1  # the field that gave the page has counted its rows
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    if "first" in definition.args:
        page = given.get("first", given.get("last"))
        if page is None or isinstance(page, NullValueNode):
            return DEFAULT_PAGE
        # A number above the most is refused by the field; one that is not known yet counts as the most.
        return min(int(page.value), MAX_PAGE) if isinstance(page, IntValueNode) else MAX_PAGE
    if "ids" in definition.args:
        ids = given.get("ids")
        return len(ids.values) if isinstance(ids, ListValueNode) else MAX_NODES
    return LIST_ROWS if is_list_type(get_nullable_type(definition.type)) else 1


def check_limits(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """Returns the limits that the document's operations and fragments break."""
    scale = _Scale(schema, document)
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
    if weight.cost > MAX_COST:
        yield too_complex(
            f"The answer could have more than {MAX_COST} fields: ask for fewer rows or fewer lists in lists."
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
