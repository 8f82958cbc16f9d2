"""Operations made up from the schema come to the same by a plan as by graphql-core, byte for byte."""

import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import orjson
import pytest
import structlog
from graphql import ExecutionResult, GraphQLObjectType
from graphql.execution.values import VariableValues
from strawberry.types.graphql import OperationType

from fuzz.rewrite import rewrite
from fuzz.run import run_fuzz
from fuzz.shop import fill, in_process
from graphql_api.operations import PreparedOperation, _Executor
from graphql_api.payload import formatted
from graphql_api.plans import Done, Run
from graphql_api.schema import build_schema
from infra.runtime import Infra
from resolvers.shared.context import Context
from tests.modes import ONE_MODE

SEED: Final = 1
OPERATIONS: Final = 300
TRIES: Final = 3
"""The shop is looked at twice: meanwhile an order may have come into the database."""


class Comparing:
    """Executes each operation in both ways. ``kinds`` counts them."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.differences: list[tuple[str, dict[str, Any], bytes, bytes]] = []

    async def run(
        self, prepared: PreparedOperation, values: VariableValues, context: Context, *_: Any
    ) -> ExecutionResult:
        execution = _Execution(prepared, values, context)
        compared = execution.query if prepared.type is OperationType.QUERY else execution.mutation
        for _try in range(TRIES):
            found, expected = await compared()
            if shown(found) == shown(expected):
                break
        else:
            text = prepared.node.loc.source.body if prepared.node.loc else ""
            self.differences.append((text, values.coerced, shown(found), shown(expected)))
        self.kinds[f"{prepared.type.value} {'with errors' if expected.errors else 'planned'}"] += 1
        return expected


class _Execution:
    """Both ways are at one moment: they are asked what time it is."""

    def __init__(self, prepared: PreparedOperation, values: VariableValues, context: Context) -> None:
        root = prepared.schema.get_root_type(prepared.node.operation)
        assert root is not None
        self._root: GraphQLObjectType = root
        self._prepared = prepared
        self._values = values
        moment = context.infra.now()
        self._context = replace(context, infra=replace(context.infra, now=lambda: moment))
        self._done: Done | None = None

    async def query(self) -> tuple[ExecutionResult, ExecutionResult]:
        planned, _ = await self._by_plan()
        expected = await self._by_graphql_core(None)
        if planned is None and expected.errors:
            # As it is in service: after the run is given up, with its loaders.
            return await RUN(self._prepared, self._values, fresh(self._context), None, None), expected
        return ExecutionResult(planned, None), expected

    async def mutation(self) -> tuple[ExecutionResult, ExecutionResult]:
        """What its root fields come to, is shown in both ways."""
        planned = None
        if self._done is None:
            planned, self._done = await self._by_plan()
        expected = await self._by_graphql_core(self._done)
        return expected if planned is None and expected.errors else ExecutionResult(planned, None), expected

    async def _by_plan(self) -> tuple[dict[str, Any] | None, Done]:
        executor = self._prepared._ground(self._values, fresh(self._context), None)
        plan = self._prepared._shape(executor, self._root).plan
        assert plan is not None
        run = Run(executor, serially=self._prepared.type is OperationType.MUTATION)
        return await run.execute(plan), run.done

    async def _by_graphql_core(self, done: Done | None) -> ExecutionResult:
        executor = self._executor(done)
        return await executor.execute(self._root, self._prepared._shape(executor, self._root).fields, None)

    def _executor(self, done: Done | None) -> _Executor:
        return _Executor(self._prepared, self._values, fresh(self._context), None, done)


RUN: Final = PreparedOperation._run


def fresh(context: Context) -> Context:
    other = replace(context)
    other.reset_loaders()
    return other


def shown(result: ExecutionResult) -> bytes:
    return orjson.dumps(formatted(build_schema()._presented(result, None)))


@pytest.fixture
def faults_alone_are_logged() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.configure(**before)


@ONE_MODE
@pytest.mark.usefixtures("faults_alone_are_logged")
# graphql-core cancels the siblings of a field that fails before they begin.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_plan_comes_to_what_graphql_core_does(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(infra)
    comparing, dice, schema = Comparing(), random.Random(SEED), build_schema()._schema
    monkeypatch.setattr(PreparedOperation, "_run", lambda *given: comparing.run(*given))
    async with in_process(infra) as send:

        async def send_rewritten(body: bytes, token: str) -> tuple[int, bytes]:
            asked = json.loads(body)
            if asked["query"].partition(" ")[2].startswith("Fuzz"):
                asked["query"], asked["variables"] = rewrite(schema, dice, asked["query"], asked["variables"])
            return await send(json.dumps(asked).encode(), token)

        await run_fuzz(infra, send_rewritten, schema, seed=SEED, operations=OPERATIONS)
    assert comparing.differences == []
    assert comparing.kinds["query planned"] > 30
    assert comparing.kinds["mutation planned"] > 30
