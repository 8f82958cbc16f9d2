"""Prepared operations answer what graphql-core's own execution would, the first time and every time."""

from datetime import datetime
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLSchema, OperationDefinitionNode, execute, parse, validate
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.compiled_fields import compile_fields
from graphql_api.operations import PreparedOperation


@strawberry.interface
class Animal:
    name: str


@strawberry.type
class Cat(Animal):
    lives: int = 9


@strawberry.type
class Dog(Animal):
    owner: str | None = None
    bought: datetime | None = None

    @strawberry.field
    async def puppies(self, count: int = 2) -> list["Dog"]:
        return [Dog(name=f"{self.name} {number}") for number in range(count)]


@strawberry.type
class Stone:
    weight: int


Thing = Annotated[Cat | Dog | Stone, strawberry.union("Thing")]


@strawberry.input
class Wish:
    kinds: list[str]
    weight: int = 1


@strawberry.type
class Query:
    @strawberry.field
    def things(self, wish: Wish) -> list[Thing]:
        made: dict[str, Any] = {
            "cat": Cat(name="Tom"),
            "dog": Dog(name="Rex", owner="Ann"),
            "stone": Stone(weight=wish.weight),
            "void": Stone(weight=None),  # type: ignore[arg-type]
            "vague": Stone(weight="heavy"),  # type: ignore[arg-type]
            "text": "no member",
        }
        return [made[kind] for kind in wish.kinds]

    @strawberry.field
    async def animal(self, dog: bool = True) -> Animal | None:
        return Dog(name="Rex") if dog else Cat(name="Tom")

    @strawberry.field
    def who(self, info: strawberry.Info) -> str:
        return str(info.context)

    @strawberry.field
    def fails(self) -> str:
        raise ValueError("no")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def rename(self, name: str) -> Dog:
        return Dog(name=name)


QUERIES: list[tuple[str, dict[str, Any]]] = [
    (
        "query ($w: Wish!) { things(wish: $w) { __typename ... on Animal { name } } }",
        {"w": {"kinds": ["cat", "dog"]}},
    ),
    (
        "query ($w: Wish!) { things(wish: $w) { ...S ... on Dog { owner puppies { name puppies(count: 1) { name } } }"  # noqa: E501
        ' } again: things(wish: {kinds: ["cat"]}) { ... on Cat { lives alias: lives } } }'
        " fragment S on Stone { weight }",
        {"w": {"kinds": ["stone", "dog"], "weight": 3}},
    ),
    ('{ things(wish: {kinds: ["void"]}) { ... on Stone { weight } } }', {}),
    ('{ things(wish: {kinds: ["stone", "vague"]}) { ... on Stone { weight } } }', {}),
    ('{ things(wish: {kinds: ["text"]}) { __typename } }', {}),
    ("query ($d: Boolean = false) { animal(dog: $d) { name __typename } }", {}),
    ("query ($d: Boolean = false) { animal(dog: $d) { name } }", {"d": None}),
    ("query ($d: Boolean) { animal(dog: $d) { name } }", {}),
    ("query ($d: Boolean) { animal(dog: $d) { name } }", {"d": "yes"}),
    ("query ($w: Wish!) { things(wish: $w) { __typename } }", {}),
    ("query ($w: Wish!) { things(wish: $w) { __typename } }", {"w": {"kinds": [1], "other": 2}}),
    ("{ who animal { ... on Dog { bought } } }", {}),
    ("{ who fails }", {}),
    ("{ __schema { queryType { name } } __typename }", {}),
    ('mutation { a: rename(name: "A") { name } b: rename(name: "B") { name owner } }', {}),
]


def _schemas() -> tuple[GraphQLSchema, GraphQLSchema]:
    plain, compiled = (strawberry.Schema(Query, Mutation, types=[Dog, Cat]) for _ in range(2))
    compile_fields(compiled)
    return plain._schema, compiled._schema


def _prepare(schema: GraphQLSchema, query: str) -> PreparedOperation:
    document = parse(query)
    assert validate(schema, document) == []
    nodes = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return PreparedOperation.of(schema, document, nodes[0])


async def _by_graphql_core(schema: GraphQLSchema, query: str, variables: dict[str, Any]) -> tuple[Any, list[str]]:
    result: Any = execute(
        schema,
        parse(query),
        context_value="me",
        variable_values=variables,
        executor_class=StrawberryGraphQLCoreExecutionContext,
    )
    if hasattr(result, "__await__"):
        result = await result
    return result.data, list(map(str, result.errors or []))


@pytest.mark.parametrize(("query", "variables"), QUERIES)
async def test_the_answer_is_graphql_cores(query: str, variables: dict[str, Any]) -> None:
    plain, compiled = _schemas()
    operation = _prepare(compiled, query)
    expected = await _by_graphql_core(plain, query, variables)
    for _ in range(2):
        found = await operation.execute(variables, "me", None)
        assert (found.data, list(map(str, found.errors or []))) == expected


async def test_directives_are_looked_at_each_time() -> None:
    plain, compiled = _schemas()
    query = "query ($o: Boolean!) { animal { name @skip(if: $o) ... on Dog @include(if: $o) { owner } } }"
    operation = _prepare(compiled, query)
    for owner in (True, False, True):
        found = await operation.execute({"o": owner}, "me", None)
        assert (found.data, []) == await _by_graphql_core(plain, query, {"o": owner})
        assert found.data == {"animal": {"owner": None} if owner else {"name": "Rex"}}


async def test_each_execution_has_its_own_variables_and_context() -> None:
    _, compiled = _schemas()
    operation = _prepare(compiled, "query ($w: Wish!) { who things(wish: $w) { ... on Stone { weight } } }")
    for weight in (1, 2):
        found = await operation.execute({"w": {"kinds": ["stone"], "weight": weight}}, f"user {weight}", None)
        assert found.data == {"who": f"user {weight}", "things": [{"weight": weight}]}
