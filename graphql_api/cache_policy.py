"""How long an operation's answer may be kept, worked out once from the hints in the schema."""

from dataclasses import dataclass
from typing import Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from resolvers.shared.caching import CacheControl, CacheScope

_DEFINITION: Final = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """``max_age`` in seconds. Only an answer that is public, and for somebody who is not signed in, is kept."""

    max_age: int
    is_public: bool

    def least(self, other: "CachePolicy") -> "CachePolicy":
        return CachePolicy(min(self.max_age, other.max_age), self.is_public and other.is_public)

    @property
    def keeps(self) -> bool:
        return self.is_public and self.max_age > 0


NOT_KEPT: Final = CachePolicy(0, is_public=False)
_ANY: Final = CachePolicy(2**31 - 1, is_public=True)


def field_policy(parent: GraphQLNamedType, field: GraphQLField) -> CachePolicy:
    """Returns the field's own hint; for a plain attribute that of its type, or of the type it is of; else nothing
    may be kept."""
    definition = (field.extensions or {}).get(_DEFINITION)
    if not isinstance(definition, StrawberryField):
        return NOT_KEPT
    own = _hint(definition.directives)
    if own is not None:
        return own
    if definition.base_resolver is not None:
        return NOT_KEPT
    return _type_policy(parent).least(_inner_policy(field))


def _inner_policy(field: GraphQLField) -> CachePolicy:
    inner = get_named_type(field.type)
    return _type_policy(inner) if isinstance(inner, GraphQLObjectType | GraphQLInterfaceType) else _ANY


def _type_policy(type_: GraphQLNamedType) -> CachePolicy:
    definition = (type_.extensions or {}).get(_DEFINITION)
    directives = definition.directives if isinstance(definition, StrawberryObjectDefinition) else ()
    return _hint(directives or ()) or NOT_KEPT


def _hint(directives: object) -> CachePolicy | None:
    found = (
        [one for one in directives if isinstance(one, CacheControl)]
        if isinstance(directives, list | tuple)
        else []
    )
    if not found:
        return None
    return CachePolicy(found[0].max_age, found[0].scope is CacheScope.PUBLIC)


def operation_policy(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> CachePolicy:
    """Returns the policy of an operation of a valid document: the least of all fields that it may execute,
    directives or not."""
    root = schema.get_root_type(operation.operation)
    if root is None or operation.operation is not OperationType.QUERY:
        return NOT_KEPT
    found = _Walk(schema, fragments).selections(operation.selection_set, root)
    return found if found != _ANY else NOT_KEPT


class _Walk:
    """Looks at each fragment once, however often it is spread."""

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, CachePolicy] = {}

    def selections(self, selection_set: SelectionSetNode, parent: GraphQLNamedType) -> CachePolicy:
        least = _ANY
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                least = least.least(self._field(node, parent))
            elif isinstance(node, FragmentSpreadNode):
                least = least.least(self._fragment(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                least = least.least(self.selections(node.selection_set, self._condition(node) or parent))
        return least

    def _field(self, node: FieldNode, parent: GraphQLNamedType) -> CachePolicy:
        name = node.name.value
        if name == "__typename":
            return _ANY
        field = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if field is None:
            return NOT_KEPT  # of the schema about itself
        own = field_policy(parent, field)
        if node.selection_set is None or not own.keeps:
            return own
        return own.least(self.selections(node.selection_set, get_named_type(field.type)))

    def _fragment(self, name: str) -> CachePolicy:
        if name not in self._known:
            node = self._fragments[name]
            type_ = self._condition(node)
            self._known[name] = self.selections(node.selection_set, type_) if type_ else NOT_KEPT
        return self._known[name]

    def _condition(self, node: FragmentDefinitionNode | InlineFragmentNode) -> GraphQLNamedType | None:
        return self._schema.get_type(node.type_condition.name.value) if node.type_condition else None
