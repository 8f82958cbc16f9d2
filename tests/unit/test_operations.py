"""Prepared operations answer what graphql-core's own execution would, the first time and every time."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLSchema, OperationDefinitionNode, execute, parse, validate
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.compiled_fields import compile_fields
from graphql_api.operations import PreparedOperation
from graphql_api.plans import Plan, Run
from infra.errors import StoreUnavailable


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

    @strawberry.field
    async def halves(self, whole: bool = False) -> list["Stone"]:
        if self.weight % 2 and not whole:
            raise ValueError("is odd")
        return [Stone(weight=self.weight // 2)] * 2

    @strawberry.field
    async def half(self) -> "Stone | None":
        return None if self.weight % 2 else Stone(weight=self.weight // 2)


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
    async def stones(self, weights: list[int]) -> list[Stone | None]:
        return [Stone(weight=weight) if weight else None for weight in weights]

    @strawberry.field
    def some(self) -> list[str]:
        return iter(["a", "b"])  # type: ignore[return-value]

    @strawberry.field
    def lists(self) -> list[list[int] | None]:
        return [[1, 2], None, (3,)]  # type: ignore[list-item]

    @strawberry.field
    def later(self) -> str:
        async def text() -> str:
            return "later"

        return text()  # type: ignore[return-value]

    @strawberry.field
    def who(self, info: strawberry.Info) -> str:
        return str(info.context)

    @strawberry.field
    def fails(self) -> str:
        raise ValueError("no")

    @strawberry.field
    async def stored(self) -> int:
        MADE.append(0)
        raise StoreUnavailable("database")


MADE: list[int] = []


@strawberry.type
class Shared:
    """Its fields wait for the same."""

    loading: strawberry.Private["asyncio.Task[int] | None"] = None

    @strawberry.field
    async def slow(self) -> int:
        if self.loading is None:
            self.loading = asyncio.create_task(asyncio.sleep(0.01, 1))
        return await self.loading

    @strawberry.field
    async def broken(self) -> int | None:
        raise ValueError("no")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def share(self) -> Shared:
        return Shared()

    @strawberry.mutation
    async def cut(self, weight: int) -> Stone | None:
        MADE.append(weight)
        if not weight:
            raise ValueError("nothing")
        return Stone(weight=weight)

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
    ("{ stones(weights: [4, 0, 8]) { weight halves { halves { weight } half { weight } } } }", {}),
    ("{ stones(weights: [4, 6, 8]) { weight halves { halves { weight } } } }", {}),
    ("{ stones(weights: [4, 6, 8, 5]) { weight half { half { weight } halves(whole: true) { weight } } } }", {}),
    ("{ stones(weights: [3]) { halves { weight } } who }", {}),
    ("{ some lists later }", {}),
    ("mutation { share { slow broken } }", {}),
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


def _count_runs(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Returns whether each run so far came to an answer."""
    execute, found = Run.execute, []

    async def counted(run: Run, plan: Plan) -> Any:
        data = await execute(run, plan)
        found.append(data is not None)
        return data

    monkeypatch.setattr(Run, "execute", counted)
    return found


async def test_what_is_as_it_should_be_takes_no_graphql_core(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = _count_runs(monkeypatch)
    _, compiled = _schemas()
    text = "query ($o: Boolean!) { stones(weights: [4, 0]) { half { weight @include(if: $o) } } lists __typename }"
    prepared = _prepare(compiled, text)
    for owner in (True, False, True):
        assert not (await prepared.execute({"o": owner}, "me", None)).errors
    assert runs == [True] * 3
    assert (await _prepare(compiled, "{ __schema { queryType { name } } }").execute({}, "me", None)).data
    assert (await _prepare(compiled, "{ later }").execute({}, "me", None)).data == {"later": "later"}
    assert runs == [True] * 3 + [False]


async def test_a_mutation_is_made_once_whatever_its_answer_comes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = _count_runs(monkeypatch)
    _, compiled = _schemas()
    MADE.clear()
    text = """mutation {
        a: cut(weight: 8) { half { weight } } b: cut(weight: 6) { halves { halves { weight } } }
        c: cut(weight: 0) { weight } d: cut(weight: 2) { weight }
    }"""
    found = await _prepare(compiled, text).execute({}, "me", None)
    assert found.data == {"a": {"half": {"weight": 4}}, "b": None, "c": None, "d": {"weight": 2}}
    assert [error.path for error in found.errors or []] == [["b", "halves", 0, "halves"], ["c"]]
    assert MADE == [8, 6, 0, 2]
    assert runs == [False]


async def test_a_store_that_is_down_is_asked_once() -> None:
    _, compiled = _schemas()
    MADE.clear()
    found = await _prepare(compiled, "{ stored }").execute({}, "me", None)
    assert found.data is None
    assert [type(error.original_error) for error in found.errors or []] == [StoreUnavailable]
    assert MADE == [0]


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
