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
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

MAX_QUERY_CHARS = 20_000
MAX_TOKENS = 2_000
MAX_DEPTH = 15
MAX_FIELDS = 500
MAX_ALIASES = 30
MAX_ROOT_FIELDS = 20
MAX_DIRECTIVES = 50
MAX_BATCH = 10
MAX_STRING_CHARS = 64 * 1024

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

    def beside(self, other: "Weight") -> "Weight":
        return Weight(
            self.fields + other.fields,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
        )


class _Scale:
    """Weighs each fragment once, however often it is spread."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Weight] = {}

    def weigh(self, selection_set: SelectionSetNode | None) -> Weight:
        total = Weight()
        for selection in selection_set.selections if selection_set else ():
            weight = Weight(directives=len(selection.directives or ()))
            if isinstance(selection, FragmentSpreadNode):
                weight = weight.beside(self._fragment(selection.name.value))
            elif isinstance(selection, FieldNode | InlineFragmentNode):
                weight = weight.beside(self.weigh(selection.selection_set))
            if isinstance(selection, FieldNode):
                aliased = selection.alias is not None
                weight = Weight(weight.fields + 1, weight.depth + 1, weight.aliases + aliased, weight.directives)
            total = total.beside(weight)
        return total

    def _fragment(self, name: str) -> Weight:
        if name not in self._known:
            # A fragment that spreads itself counts as nothing here: validation refuses it.
            self._known[name] = Weight()
            fragment = self._fragments.get(name)
            self._known[name] = self.weigh(fragment.selection_set) if fragment else Weight()
        return self._known[name]


def check_limits(document: DocumentNode) -> list[GraphQLError]:
    """The limits that the document's operations and fragments break."""
    definitions = document.definitions
    scale = _Scale({node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)})
    for node in definitions:
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
            weight = scale.weigh(node.selection_set)
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


def check_strings(variables: dict[str, object]) -> str | None:
    """The path of a string in the variables that is too long, if there is one."""
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
