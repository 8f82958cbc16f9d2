"""Compiled fields answer what strawberry's own would."""

from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLID, GraphQLInputObjectType, GraphQLObjectType, get_named_type
from strawberry.field_extensions import InputMutationExtension

from graphql_api.compiled_fields import compile_fields
from graphql_api.compiled_resolvers import Method
from graphql_api.schema import build_schema


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = "b"


@strawberry.input
class Leaf:
    colour: Colour
    sizes: list[int] | None = None
    note: str | None
    count: int = 3
    tags: list[str] = strawberry.field(default_factory=lambda: ["a"])


@strawberry.input
class Tree:
    leaf: Leaf
    leaves: list[Leaf | None] | None = None
    child: Annotated["Tree", strawberry.lazy("tests.unit.test_compiled_fields")] | None = None


@strawberry.input
class Place:
    id: strawberry.ID
    parent_id: strawberry.ID | None = strawberry.UNSET
    near_id: strawberry.ID | None
    name: str | None = "x"


@strawberry.type
class Shown:
    text: str
    plain: int = strawberry.field(name="renamed")

    @strawberry.field
    def upper(self) -> str:
        return self.text.upper()

    @strawberry.field
    async def with_info(self, info: strawberry.Info, times: int = 2) -> str:
        return f"{info.field_name} {info.context['who']} {self.text * times}"


@strawberry.type
class Query:
    @strawberry.field
    def show(self, tree: Tree) -> Shown:
        return Shown(text=repr(tree), plain=7)

    @strawberry.field
    async def colours(self, colours: list[Colour], one: Colour = Colour.BLUE) -> list[Colour]:
        return [*colours, one]

    @strawberry.field
    def place(self, id: strawberry.ID, place: Place, at: strawberry.ID | None = None) -> str:
        return f"{id!r} {at!r} {place!r}"

    @strawberry.field
    def maybe(self, value: strawberry.Maybe[int | None]) -> str:
        return repr(value)

    @strawberry.field
    def failing(self, fails: bool) -> int | None:
        if fails:
            raise ValueError("no")
        return None

    @strawberry.field(extensions=[InputMutationExtension()])  # type: ignore[untyped-decorator]
    def extended(self, a: int) -> int:
        return a + 1


QUERIES: list[tuple[str, dict[str, Any]]] = [
    ("{ show(tree: {leaf: {colour: RED}}) { text renamed upper withInfo } }", {}),
    ("query ($t: Tree!) { show(tree: $t) { text withInfo(times: 1) } }", {"t": {"leaf": {"colour": "BLUE"}}}),
    (
        "query ($t: Tree!) { show(tree: $t) { text } }",
        {
            "t": {
                "leaf": {"colour": "RED", "sizes": [1, 2], "note": None, "count": 9, "tags": []},
                "leaves": [None, {"colour": "BLUE", "sizes": None}],
                "child": {"leaf": {"colour": "RED", "note": "x"}, "child": None, "leaves": None},
            }
        },
    ),
    ("{ colours(colours: [RED, BLUE]) other: colours(colours: [], one: RED) }", {}),
    ("query ($c: [Colour!]!) { colours(colours: $c) }", {"c": ["BLUE"]}),
    ("{ a: maybe b: maybe(value: null) c: maybe(value: 1) }", {}),
    (
        '{ place(id: "", place: {id: "", name: ""}) two: place(id: "a", at: "b", place: {id: "c", nearId: "d"}) }',
        {},
    ),
    ("{ failing(fails: false) other: failing(fails: true) }", {}),
    ("{ extended(input: {a: 1}) }", {}),
    ("query ($t: Tree!) { show(tree: $t) { text } }", {"t": {"leaf": {"colour": "GREEN"}}}),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("query", "variables"), QUERIES)
async def test_the_answer_is_the_same(query: str, variables: dict[str, Any]) -> None:
    plain, compiled = strawberry.Schema(Query), strawberry.Schema(Query)
    compile_fields(compiled)
    expected = await plain.execute(query, variables, {"who": "me"})
    found = await compiled.execute(query, variables, {"who": "me"})
    assert found.data == expected.data
    assert list(map(str, found.errors or [])) == list(map(str, expected.errors or []))


async def test_an_optional_id_that_is_empty_is_as_if_it_were_not_given() -> None:
    schema = strawberry.Schema(Query)
    compile_fields(schema)
    empty = await schema.execute('{ place(id: "", at: "", place: {id: "", parentId: "", nearId: "", name: ""}) }')
    left_out = await schema.execute('{ place(id: "", place: {id: "", name: ""}) }')
    assert empty.data == left_out.data is not None


def test_no_field_of_the_schema_with_an_optional_id_is_left_to_strawberry() -> None:
    objects = [t for t in build_schema()._schema.type_map.values() if isinstance(t, GraphQLObjectType)]
    fields = {f"{t.name}.{name}": field for t in objects for name, field in t.fields.items()}
    with_ids = {
        name: one for name, one in fields.items() if any(_has_optional_id(a.type) for a in one.args.values())
    }
    assert {"Query.product", "Query.shippingOffers", "Mutation.placeFlashOrder"} < set(with_ids)
    left = {name for name, one in with_ids.items() if not isinstance(one.resolve, Method)}
    assert left == set()


def _has_optional_id(type_: Any, seen: frozenset[str] = frozenset()) -> bool:
    """Also in the inputs of an input."""
    inner = get_named_type(type_)
    if not isinstance(inner, GraphQLInputObjectType) or inner.name in seen:
        return type_ is GraphQLID
    return any(_has_optional_id(field.type, seen | {inner.name}) for field in inner.fields.values())


async def test_defaults_are_not_shared() -> None:
    schema = strawberry.Schema(Query)
    compile_fields(schema)
    field = schema._schema.type_map["Query"].fields["colours"]  # type: ignore[attr-defined]
    given: list[Any] = [Colour.RED]
    seen = await field.resolve(None, None, colours=given, one=Colour.BLUE)
    assert seen == [Colour.RED, Colour.BLUE]
    assert given == [Colour.RED]


def _compiled(schema: strawberry.Schema) -> set[str]:
    fields = schema._schema.query_type.fields  # type: ignore[union-attr]
    return {name for name, field in fields.items() if isinstance(field.resolve, Method)}


def test_only_what_is_usual_is_compiled() -> None:
    plain, compiled = strawberry.Schema(Query), strawberry.Schema(Query)
    compile_fields(compiled)
    assert _compiled(compiled) == {"show", "colours", "place", "failing"}
    assert _compiled(plain) == set()
