"""How long answers may be kept: worked out from the schema, and never for what is somebody's own."""

from collections.abc import Iterator

import pytest
from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_named_type,
    parse,
)
from strawberry.types.field import StrawberryField

from graphql_api.cache_policy import NOT_KEPT, CachePolicy, field_policy, operation_policy
from graphql_api.schema import build_schema
from resolvers.shared.permissions import Requires

SCHEMA = build_schema()
CORE = SCHEMA._schema
# Where everything below is the viewer's own, or needs a role.
PERSONAL_ROOTS = ("me", "order")
# Whatever else the schema will have: these are people's.
PERSONAL_TYPES = {"User", "Address", "Order", "OrderLine", "OrderEvent", "Session"}


async def policy(query: str, name: str | None = None) -> tuple[int, bool]:
    found = await SCHEMA.policy(query, name)
    return found.max_age, found.is_public


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ products { edges { node { title } } } }", (60, True)),
        ("{ products { edges { node { title variants { stock { available } } } } } }", (1, True)),
        ("{ product(slug: \"a\") { ...P } } fragment P on Product { title category { name } }", (60, True)),
        ("{ product(slug: \"a\") { ...P } } fragment P on Product { variants { stock { held } } }", (1, True)),
        ("{ product(slug: \"a\") { ... on Product { __typename } } }", (60, True)),
        ("{ flashSales { edges { node { name items { remaining } } } } }", (1, True)),
        # A directive may leave the field out, and may not.
        ("query ($a: Boolean!) { categories { name } me @include(if: $a) { id } }", (0, False)),
        ("{ categories { name } a: me { id } }", (0, False)),
        ("{ __typename }", (0, False)),
        ("{ categories { name } __schema { queryType { name } } }", (0, False)),
        # Any object by its id may be somebody's.
        ("{ node(id: \"x\") { ... on Product { title } } }", (0, False)),
        ("mutation { logout(input: {refreshToken: \"x\"}) { __typename } }", (0, False)),
        ("{ no such query", (0, False)),
    ],
)  # fmt: skip
async def test_the_least_of_all_fields_counts(query: str, expected: tuple[int, bool]) -> None:
    assert await policy(query) == expected


async def test_each_operation_of_a_document_has_its_own() -> None:
    document = "query A { categories { name } } query B { me { id } }"
    assert await policy(document, "A") == (60, True)
    assert await policy(document, "B") == (0, False)
    assert await policy(document) == (0, False)


async def test_it_is_worked_out_once_a_document() -> None:
    query = "{ categories { slug } }"
    first = (await SCHEMA.documents.get(query)).operation(None)
    assert first is not None
    assert (await SCHEMA.documents.get(query)).operation(None) is first


def test_a_fragment_that_is_spread_often_is_looked_at_once() -> None:
    spreads = "".join(
        f"fragment F{n} on Category {{ parent {{ ...F{n + 1} }} p: parent {{ ...F{n + 1} }} }} " for n in range(60)
    )
    document = parse(f"{{ categories {{ ...F0 }} }} {spreads} fragment F60 on Category {{ name }}")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    assert operation_policy(CORE, operation, fragments) == CachePolicy(60, is_public=True)


# ------------------------------------------------------------------ nobody's own is public


def fields() -> Iterator[tuple[GraphQLNamedType, str, GraphQLField]]:
    for type_ in CORE.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                yield type_, name, field


def reachable(names: Iterator[str] | list[str], *, public_only: bool = False) -> set[str]:
    """The types below these fields of Query; by way of public fields only."""
    assert CORE.query_type is not None
    root = CORE.query_type
    chosen = [root.fields[name] for name in names]
    pending = [get_named_type(f.type) for f in chosen if not public_only or field_policy(root, f).keeps]
    found: set[str] = set()
    while pending:
        type_ = pending.pop()
        if type_.name in found:
            continue
        found.add(type_.name)
        if isinstance(type_, GraphQLUnionType):
            pending += type_.types
        elif isinstance(type_, GraphQLInterfaceType):
            pending += CORE.get_possible_types(type_)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            below = (f for f in type_.fields.values() if not public_only or field_policy(type_, f).keeps)
            pending += [get_named_type(field.type) for field in below]
    return found


def test_what_needs_a_role_is_never_public() -> None:
    guarded = [
        (type_.name, name)
        for type_, name, field in fields()
        if isinstance(definition := field.extensions.get("strawberry-definition"), StrawberryField)
        and any(isinstance(one, Requires) for one in definition.directives)
        and field_policy(type_, field) != NOT_KEPT
    ]
    assert guarded == []


def test_what_is_somebodys_own_is_never_public() -> None:
    assert CORE.query_type is not None
    others = [name for name in CORE.query_type.fields if name not in PERSONAL_ROOTS]
    public = reachable(others, public_only=True)
    own = (reachable(list(PERSONAL_ROOTS)) | PERSONAL_TYPES) - public
    assert own >= PERSONAL_TYPES
    kept = [
        (type_.name, name)
        for type_, name, field in fields()
        if type_.name in own and field_policy(type_, field).keeps
    ]
    assert kept == []
    assert [
        name for name in PERSONAL_ROOTS if field_policy(CORE.query_type, CORE.query_type.fields[name]).keeps
    ] == []


def test_without_a_hint_nothing_is_public() -> None:
    """So a field that is added is kept by nobody until somebody has thought of it."""
    assert CORE.query_type is not None
    unhinted = CORE.query_type.fields["node"]
    assert field_policy(CORE.query_type, unhinted) == NOT_KEPT
    for type_, name, field in fields():
        definition = field.extensions.get("strawberry-definition")
        if not isinstance(definition, StrawberryField) or definition.base_resolver is None:
            continue
        if not any(type(one).__name__ == "CacheControl" for one in definition.directives):
            assert field_policy(type_, field) == NOT_KEPT, f"{type_.name}.{name}"


def test_clients_see_the_hints() -> None:
    shown = SCHEMA.as_str()
    assert "  maxAge: Int!\n" in shown
    assert "  scope: CacheScope! = PUBLIC\n) on OBJECT | FIELD_DEFINITION" in shown
    assert "type Product implements Node & HasMetadata @cacheControl(maxAge: 60, scope: PUBLIC) {" in shown
    assert "  stock: Stock! @cacheControl(maxAge: 1, scope: PUBLIC)" in shown
