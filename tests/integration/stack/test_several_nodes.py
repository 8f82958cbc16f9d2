"""A short run of ``rushcart chaos --nodes``: processes, a shard and a database go in turn, and nothing is lost."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from chaos.run import Options, play, prepared
from infra.stack import MissingServer, Nodes
from infra.stack.install import can_install
from tests.running import forked

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
FAULTS = (
    "api killed",
    "worker killed",
    "redis primary killed",
    "redis slot migrated",
    "database primary killed, replaced",
)
OPTIONS = Options(
    seconds=1.0,
    shoppers=20,
    units=60,
    payment_timeout=6.0,
    faults=FAULTS,
    plenty=10_000,
    nodes=True,
    each=True,
)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """On the stack's Kafka: three brokers alone take more of a processor than all the rest (tests/nodes)."""
    kafka = os.environ.get("RUSHCART_TEST_KAFKA")
    if not kafka:
        pytest.skip("no stack: run the suite with `make test`")
    try:
        yield Nodes.up(tmp_path, install=can_install(), echo=lambda _: None, kafka=kafka, dies_with_parent=True)
    except MissingServer as error:
        pytest.skip(str(error))  # MySQL is what is found first
    finally:
        Nodes(tmp_path).down(purge=True)


async def test_nothing_is_lost_and_nothing_doubled(nodes: Nodes, tmp_path: Path) -> None:
    told: list[float] = []
    settings = await asyncio.to_thread(prepared, OPTIONS, tmp_path, nodes)
    own = {"kafka_prefix": f"c{uuid4().hex[:8]}.", "kafka_partitions": 2}
    before = nodes.primary
    outcome = await play(
        OPTIONS,
        settings.model_copy(update=own),
        nodes,
        lambda passed, tally, faults: told.append(passed),
        launch=forked.start,
    )
    found = outcome.verdict
    print(outcome)
    assert (found.lost, found.doubled, found.books, outcome.tally.strange) == ([], [], [], [])
    assert found.money.wrong == []
    assert found.money.taken > found.money.given_back > 0
    assert found.sold + found.left == found.units == 2 * OPTIONS.units + OPTIONS.plenty
    # It was no quiet day.
    assert outcome.faults == dict.fromkeys(FAULTS, 1)
    assert nodes.primary != before
    assert found.accepted > 30
    assert found.cancelled > 0
    assert told == sorted(told)
