"""Documents, parsed and validated once and kept by their text."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from sqlalchemy.util import await_, greenlet_spawn
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from graphql_api.cost import OperationCost
from graphql_api.errors import without_the_input
from graphql_api.limits import (
    check_limits,
    cost_of,
    fragments_of,
    too_complex,
    too_costly,
)
from graphql_api.operations import PreparedOperation
from graphql_api.preparing import InSlices, Preparing, Slice, charge
from resolvers.shared.limits import MAX_COST, MAX_QUERY_CHARS, MAX_TOKENS

RULES: tuple[type[ASTValidationRule], ...] = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
_MAX_ERRORS = 20
# A document's tree takes about a hundred times the memory of its text: some 25 MiB for all that is kept.
_MAX_KEPT_CHARS = 250_000


@dataclass(frozen=True, slots=True)
class Document:
    """``errors`` are the client's; without any, ``operations`` can be executed, at these ``costs``."""

    errors: Sequence[GraphQLError]
    operations: dict[str | None, PreparedOperation]
    costs: dict[str | None, OperationCost] = field(default_factory=dict)

    def operation(self, name: str | None) -> PreparedOperation | None:
        """Returns the operation of that name; without a name, the only one."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None

    def cost(self, operation: PreparedOperation) -> OperationCost:
        return self.costs[_name(operation.node)]


class Documents:
    """A cache bounded by the length of the texts in it."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool = True) -> None:
        self._schema = schema
        self._introspection = introspection
        self._rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._chars = 0
        # The schema is made once a process; of loops there may be several, one after the other.
        self._preparing = WeakKeyDictionary[asyncio.AbstractEventLoop, Preparing[Document]]()

    def known(self, query: str) -> Document | None:
        """Returns the document if it was made ready before."""
        document = self._kept.get(query)
        if document is not None:
            self._kept.move_to_end(query)
        return document

    async def get(self, query: str, asker: object = None) -> Document:
        """Returns the document; one that is new is made ready in turn, and counted as ``asker``'s, a Context.

        Errors: Refused, over a limit.
        """
        document = self.known(query)
        if document is not None:
            return document
        preparing = self._preparing.setdefault(asyncio.get_running_loop(), Preparing())
        return await preparing.once(query, asker, lambda: self._make(query, asker))

    async def _make(self, query: str, asker: object) -> Document:
        """Errors: Refused."""
        await charge(asker, chars=min(len(query), MAX_QUERY_CHARS))
        document = await greenlet_spawn(self._prepare_in_slices, query, asker)
        if not document.errors:
            self._keep(query, document)
        return document

    def check(self, query: str) -> Sequence[GraphQLError]:
        """Returns what is wrong with a document, at once."""
        return self._prepare(query, self._rules, lambda _ast: None).errors

    def _keep(self, query: str, document: Document) -> None:
        self._kept[query] = document
        self._chars += len(query)
        while self._chars > _MAX_KEPT_CHARS:
            oldest, _ = self._kept.popitem(last=False)
            self._chars -= len(oldest)

    def _prepare_in_slices(self, query: str, asker: object) -> Document:
        """Errors: Refused."""
        slice_ = Slice()

        def parsed(ast: DocumentNode) -> None:
            await_(charge(asker, tokens=ast.token_count or 0))
            slice_.end_if_long()

        return self._prepare(query, (*self._rules, InSlices), parsed)

    def _prepare(
        self, query: str, rules: Sequence[type[ASTValidationRule]], parsed: Callable[[DocumentNode], None]
    ) -> Document:
        if len(query) > MAX_QUERY_CHARS:
            return _refused([too_complex(f"The query is longer than {MAX_QUERY_CHARS} characters.")])
        try:
            ast = parse(query, max_tokens=MAX_TOKENS)
            parsed(ast)
            errors = check_limits(self._schema, ast) or self._validate(ast, rules)
        except GraphQLSyntaxError as error:
            return _refused([_syntax_error(error)])
        except RecursionError:
            return _refused([too_complex("The query is nested too deep.")])
        if errors:
            return _refused(errors)
        fragments = fragments_of(ast)
        operations = {_name(node): node for node in ast.definitions if isinstance(node, OperationDefinitionNode)}
        costs = {name: cost_of(self._schema, fragments, node) for name, node in operations.items()}
        for name, cost in costs.items():
            if cost.cost.fixed > MAX_COST:  # whatever the variables are
                return _refused([too_costly(self._schema, fragments, operations[name], cost.values(None))])
        prepared = {name: PreparedOperation.of(self._schema, ast, node) for name, node in operations.items()}
        return Document((), prepared, costs)

    def _validate(self, ast: DocumentNode, rules: Sequence[type[ASTValidationRule]]) -> list[GraphQLError]:
        errors = validate(
            self._schema,
            ast,
            rules,
            max_errors=_MAX_ERRORS,
            # They tell the schema, one misspelt name after the other.
            hide_suggestions=not self._introspection,
        )
        for error in errors:
            error.message = without_the_input(error.message)
            error.extensions = {**(error.extensions or {}), "code": "GRAPHQL_VALIDATION_FAILED"}
        return errors


def _name(node: OperationDefinitionNode) -> str | None:
    return node.name.value if node.name else None


def _refused(errors: Sequence[GraphQLError]) -> Document:
    return Document(errors, {})


def _syntax_error(error: GraphQLSyntaxError) -> GraphQLError:
    if f"more than {MAX_TOKENS} tokens" in error.message:
        return too_complex(f"The query has more than {MAX_TOKENS} tokens.")
    if "nested too deeply" in error.message:
        return too_complex("The query is nested too deep.")
    error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
    return error
