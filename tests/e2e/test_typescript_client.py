"""clients/typescript: its own tests, by Node's runner, against a server that runs."""

import re
from pathlib import Path
from typing import Final

import pytest
from graphql import GraphQLInputObjectType, build_schema

from tests import node_program
from tests.e2e.running import Running

CLIENT: Final = node_program.ROOT / "clients" / "typescript"


@pytest.mark.timeout(400)  # npm's registry may be slow
def test_its_own_tests(tmp_path: Path) -> None:
    node_program.install()
    with Running(tmp_path / "home") as server:
        told = node_program.run("npm", "test", "-w", "clients/typescript", SHOP_URL=server.ready().graphql)
    assert re.search(r"^(?:#|ℹ) pass [1-9]\d*$", told, re.MULTILINE), told
    assert re.search(r"^(?:#|ℹ) skipped 0$", told, re.MULTILINE), told


def test_it_knows_which_inputs_take_a_key() -> None:
    schema = build_schema((node_program.ROOT / "schema.graphql").read_text())
    inputs = (one for one in schema.type_map.values() if isinstance(one, GraphQLInputObjectType))
    listed = (CLIENT / "src" / "keys.ts").read_text().partition("new Set([")[2].partition("]")[0]
    assert re.findall(r'"(\w+)"', listed) == sorted(one.name for one in inputs if "idempotencyKey" in one.fields)
