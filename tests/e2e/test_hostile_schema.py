"""Each argument of the whole schema, as it is exported: whatever is put there, the server keeps its composure.

The tests beside this one say what each answer must be; this one finds the arguments that they forgot.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_input_field,
)

from cli.schema import exported
from resolvers.shared.limits import MAX_BATCH
from settings import Settings
from tests.e2e.hostile import Ground
from tests.e2e.shop import Person, Shop
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = [pytest.mark.usefixtures("worker"), ONE_MODE]

_ANYWHERE: Final[list[Any]] = [None, [[]], {"a": 1}]
_LEAVES: Final[list[Any]] = [*_ANYWHERE, "", "\0💥", "x" * 5000, "' OR 1=1 --", -1, 10**9, 2**31, 1.5, True]
_SENSIBLE: Final[dict[str, Any]] = {
    "String": "words",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "Decimal": "1.00",
    "DateTime": "2030-01-01T00:00:00Z",
    "Date": "2030-01-01",
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Thousands of documents that nobody sent before, by one member of staff."""
    return settings.model_copy(update={"rate_limits": {"accountCost": "off"}})


@pytest.fixture
async def ground(server: Server) -> Ground:
    return await Ground.make(Shop(server))


def sensible(type_: GraphQLInputType, ids: str) -> Any:
    """A value that fits the type."""
    inner = get_nullable_type(type_)
    if is_list_type(inner):
        return [sensible(inner.of_type, ids)]
    if isinstance(inner, GraphQLInputObjectType):
        return {
            name: sensible(field.type, ids)
            for name, field in inner.fields.items()
            if is_required_input_field(field)
        }
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values))
    return _SENSIBLE.get(str(inner), ids)


def hostile(type_: GraphQLInputType, ids: str) -> Iterator[Any]:
    """Each place of the type in turn holds each hostile value, with sensible ones around it."""
    inner = get_nullable_type(type_)
    yield from _LEAVES if is_leaf_type(inner) else _ANYWHERE
    if is_list_type(inner):
        yield from ([value] for value in hostile(inner.of_type, ids))
    if isinstance(inner, GraphQLInputObjectType):
        around = sensible(inner, ids)
        for name, field in inner.fields.items():
            yield from ({**around, name: value} for value in hostile(field.type, ids))


def selection(type_: GraphQLType) -> str:
    named = get_named_type(type_)
    return "" if is_leaf_type(named) else "{ __typename }"


def operations(schema: GraphQLSchema, root: GraphQLObjectType, ids: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents, and the variables that are to be put into them."""
    kind = "mutation" if root is schema.mutation_type else "query"
    for name, field in root.fields.items():
        declared = ", ".join(f"${argument}: {given.type}" for argument, given in field.args.items())
        passed = ", ".join(f"{argument}: ${argument}" for argument in field.args)
        if not declared:
            continue
        document = f"{kind} ({declared}) {{ {name}({passed}) {selection(field.type)} }}"
        around = {name: sensible(given.type, ids) for name, given in field.args.items() if _required(given)}
        for argument, given in field.args.items():
            for value in hostile(given.type, ids):
                yield document, {**around, argument: value}


def _required(argument: GraphQLArgument) -> bool:
    return str(argument.type).endswith("!")


async def answers(ground: Ground, bodies: list[dict[str, Any]], by: Person) -> tuple[list[Any], Person]:
    """One answer a body, and who is signed in now: some mutations end the session or the account."""
    reply = await ground.post(bodies, by)
    if reply.status_code == 401:
        by = await ground.shop.staff()
        reply = await ground.post(bodies, by)
    assert reply.status_code == 200, reply.text
    found: list[Any] = reply.json()
    return found, by


async def test_no_argument_of_the_schema_is_our_fault(ground: Ground) -> None:
    schema = build_schema(exported())
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    cases = [*operations(schema, schema.query_type, ground.order_id)]
    cases += operations(schema, schema.mutation_type, ground.order_id)
    assert len(cases) > 500
    by = ground.staff
    for start in range(0, len(cases), MAX_BATCH):
        bodies = [{"query": query, "variables": given} for query, given in cases[start : start + MAX_BATCH]]
        # What is asserted of every answer there: no INTERNAL, no trace of Python or SQL, no status of a fault.
        found, by = await answers(ground, bodies, by)
        for body, answer in zip(bodies, found, strict=True):
            assert "data" in answer or "errors" in answer, body
            for error in answer.get("errors", []):
                assert error["extensions"]["code"].isupper(), (body, error)
    # Among all that, staff cancelled the order with many keys: its unit came back once.
    assert (await ground.shop.order(ground.ada, ground.order_id))["status"] == "CANCELLED"
    counts = await ground.shop.counts(ground.offer)
    assert counts == {"remaining": 5, "available": 10, "held": 0, "onHand": 10, "setAside": 5}
