"""Thousands of operations made up from the schema; `rushcart fuzz` tries more. Ten thousand over both modes."""

from pathlib import Path
from typing import Final

import pytest
from graphql import build_schema

from fuzz.run import run_fuzz
from fuzz.shop import fill, in_process
from fuzz.tables import kinds, told
from infra.runtime import Infra

SCHEMA: Final = Path(__file__).parents[2] / "schema.graphql"
OPERATIONS: Final = 5_000
SEEDS: Final = {"embedded": 1, "stack": 2}


@pytest.fixture
def store_timeout() -> float:
    return 30.0


@pytest.mark.timeout(600)
# graphql-core cancels the siblings of a field that fails before they begin.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_no_operation_finds_a_fault_of_ours(infra: Infra, mode: str) -> None:
    schema = build_schema(SCHEMA.read_text())
    await fill(infra)
    async with in_process(infra) as send:
        found = await run_fuzz(infra, send, schema, seed=SEEDS[mode], operations=OPERATIONS)
    assert [told(fault) for fault in kinds(found.faults)] == []
    # It is no fuzz if all is refused: most fields did what they are for.
    assert len(found.worked) > 0.8 * len(found.tried)
