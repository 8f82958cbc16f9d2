"""What clients/typescript says of the schema."""

import re
from pathlib import Path
from typing import Final

from graphql import GraphQLInputObjectType, build_schema

ROOT: Final = Path(__file__).parents[2]


def test_it_knows_which_inputs_take_a_key() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    inputs = (one for one in schema.type_map.values() if isinstance(one, GraphQLInputObjectType))
    source = (ROOT / "clients" / "typescript" / "src" / "keys.ts").read_text()
    listed = re.findall(r'"(\w+)"', source.partition("new Set([")[2].partition("]")[0])
    assert listed == sorted(one.name for one in inputs if "idempotencyKey" in one.fields)
