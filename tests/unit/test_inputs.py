"""Values of variables are coerced as graphql-core does, whatever they are."""

import random
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, coerce_input_value
from graphql import build_schema as schema_of

from fuzz.known import Known
from fuzz.values import Values
from graphql_api.plans.inputs import Inputs
from graphql_api.schema import build_schema

OTHERS = schema_of("""
    input Tree {
        name: String! = "oak", size: Int = 3, kind: Kind = OLD, child: Tree, children: [[Tree!]], one: One
    }
    input One @oneOf { a: Int, b: String }
    enum Kind { OLD NEW }
    type Query { tree(tree: Tree): Int }
""")
STRANGE: list[Any] = [None, {}, [], "", "x", 1, 1.5, True, {"": 1}, [None], [[]], {"name": None}, {"name": "x"}]


def test_what_is_drawn_for_the_inputs_of_the_schema() -> None:
    dice, inputs = random.Random(1), Inputs()
    values, seen = Values(dice, Known()), set()
    types = [t for t in build_schema()._schema.type_map.values() if isinstance(t, GraphQLInputObjectType)]
    for type_ in types:
        coerce = inputs.coercion(GraphQLNonNull(type_))
        for _ in range(20):
            values.begin()
            drawn = values.of(GraphQLNonNull(type_), type_.name)
            if dice.random() < 0.2:
                drawn[dice.choice([*drawn, "unknown"])] = dice.choice(STRANGE)
            expected = coerce_input_value(drawn, type_)
            seen.add(type(expected).__name__)
            assert (repr(coerce(drawn)), coerce(drawn)) == (repr(expected), expected), (type_.name, drawn)
    assert seen == {"dict", "UndefinedType"}


TREES: list[Any] = [
    *STRANGE,
    {"size": None, "kind": "NEW", "child": {"name": "elm"}, "children": [[{"size": 1}], None, {}]},
    *({"children": value} for value in STRANGE),
    *({"one": value} for value in (None, {}, {"a": 1}, {"a": None}, {"a": 1, "b": "x"}, {"b": 1})),
    *({"kind": value} for value in (None, "OLD", "old", 1)),
]


@pytest.mark.parametrize("value", TREES)
def test_defaults_lists_of_lists_and_inputs_in_themselves(value: Any) -> None:
    tree = OTHERS.type_map["Tree"]
    assert isinstance(tree, GraphQLInputObjectType)
    inputs = Inputs()
    for type_ in (tree, GraphQLNonNull(tree), GraphQLList(GraphQLNonNull(tree))):
        found, expected = inputs.coercion(type_)(value), coerce_input_value(value, type_)
        assert (repr(found), found) == (repr(expected), expected)
