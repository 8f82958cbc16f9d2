"""Thousands of operations made up from the schema; `rushcart fuzz` tries more. Ten thousand over both modes."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog
from graphql import build_schema

from fuzz.run import run_fuzz
from fuzz.shop import fill, in_process
from fuzz.tables import kinds, told
from infra.runtime import Infra
from tests.modes import EMBEDDED, STACK

SCHEMA: Final = Path(__file__).parents[2] / "schema.graphql"
OPERATIONS: Final = {EMBEDDED: 8_800, STACK: 1_200}
SEED: Final = 1


@pytest.fixture
def store_timeout() -> float:
    return 30.0


@pytest.fixture
def faults_alone_are_logged() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.configure(**before)


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("faults_alone_are_logged")
# graphql-core cancels the siblings of a field that fails before they begin.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_no_operation_finds_a_fault_of_ours(infra: Infra, mode: str) -> None:
    schema = build_schema(SCHEMA.read_text())
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    await fill(infra)
    async with in_process(infra) as send:
        found = await run_fuzz(infra, send, schema, seed=SEED, operations=OPERATIONS[mode])
    assert [told(fault) for fault in kinds(found.faults)] == []
    # It is no fuzz if all is refused: every field was asked, and most did what they are for; on the stack nearly.
    fields = len(schema.query_type.fields) + len(schema.mutation_type.fields)
    assert len(found.tried) >= (fields if mode == EMBEDDED else fields * 2 / 3)
    assert len(found.worked) > len(found.tried) * (1 / 2 if mode == EMBEDDED else 1 / 3)
