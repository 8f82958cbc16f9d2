"""The directives of a document, as far as they decide which fields an operation has."""

from collections.abc import Iterable, Iterator

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

_KNOWN = frozenset({"skip", "include"})

_Node = OperationDefinitionNode | FragmentDefinitionNode | FieldNode | InlineFragmentNode

Conditions = tuple[str, ...]
"""The variables of @skip and @include: operations whose values of these are the same have the same fields."""


def conditions_of(
    operation: OperationDefinitionNode, fragments: Iterable[FragmentDefinitionNode]
) -> Conditions | None:
    """Returns the conditions; None when there are other directives."""
    nodes: list[_Node] = [operation, *fragments]
    found = [directive for node in nodes for directive in _directives(node)]
    if not _KNOWN.issuperset(directive.name.value for directive in found):
        return None
    values = (argument.value for directive in found for argument in directive.arguments or ())
    return tuple(sorted({value.name.value for value in values if isinstance(value, VariableNode)}))


def _directives(node: _Node) -> Iterator[DirectiveNode]:
    yield from node.directives or ()
    for inner in node.selection_set.selections if isinstance(node.selection_set, SelectionSetNode) else ():
        if isinstance(inner, FieldNode | InlineFragmentNode):
            yield from _directives(inner)
        else:
            yield from inner.directives or ()
