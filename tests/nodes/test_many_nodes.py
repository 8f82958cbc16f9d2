"""Three brokers, with several of each server besides: they come up by one command, and one that is gone loses
nothing. The other servers' turn is tests/integration/stack/test_several_nodes.py.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from chaos.run import Options, play, prepared
from cli.stack import stack as command
from infra.stack import BROKERS, CACHES, Nodes, StackNotUp
from infra.stack.install import can_install
from settings import get_settings
from tests.running import forked
from tests.running.stacks import KAFKA_CACHE

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
FAULTS = ("broker killed", "broker frozen", "brokers rolled")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("many")


@pytest.fixture(scope="module")
def nodes(home: Path) -> Iterator[Nodes]:
    try:
        yield Nodes.up(
            home, install=can_install(), echo=lambda _: None, kafka_cache=KAFKA_CACHE, dies_with_parent=True
        )
    finally:
        Nodes(home).down(purge=True)


async def test_brokers_that_go_lose_nothing(nodes: Nodes, home: Path) -> None:
    options = Options(
        seconds=1.0,
        shoppers=20,
        units=60,
        payment_timeout=6.0,
        faults=FAULTS,
        plenty=10_000,
        nodes=True,
        each=True,
    )
    settings = await asyncio.to_thread(prepared, options, home, nodes)
    outcome = await play(options, settings, nodes, lambda *_: None, launch=forked.start)
    found = outcome.verdict
    print(outcome)
    assert (found.lost, found.doubled, found.books, outcome.tally.strange) == ([], [], [], [])
    assert found.money.wrong == []
    assert outcome.faults == dict.fromkeys(FAULTS, 1)
    assert found.accepted > 30


def test_what_is_up_is_shown_and_stopped(nodes: Nodes, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSHCART_HOME", str(home))
    get_settings.cache_clear()
    try:
        shown = CliRunner().invoke(command, ["status", "--nodes"])
        printed = CliRunner().invoke(command, ["env", "--nodes"])
        stopped = CliRunner().invoke(command, ["down"])
    finally:
        get_settings.cache_clear()
    assert [line.split()[0] for line in shown.output.splitlines()] == ["server", *nodes.names]
    assert shown.output.count(" yes") == len(nodes.names)
    assert printed.output.count("127.0.0.1:") == 2 + len(CACHES) + len(BROKERS)
    assert "RUSHCART_KAFKA_REPLICATION=3" in printed.output
    assert stopped.output.count("stopped") == len(nodes.names)
    with pytest.raises(StackNotUp, match="rushcart stack up --nodes"):
        nodes.env()
