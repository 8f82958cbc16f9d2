"""Each benchmark runs to its figures, in small; what they are is not judged on a busy machine."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from benchmarks import processes
from benchmarks.processes import ROOT, RUSHCART
from chaos.environment import variables
from cli.bench import bench
from infra.processes import spawn
from settings import Settings
from tests.commands import run
from tests.modes import MODES
from tests.running import forked

pytestmark = pytest.mark.timeout(300)
on_the_stack = pytest.mark.parametrize("mode", MODES[1:], indirect=True)
# The command's words, and what its figures are named.
SMALL: Final = {
    "catalog --seconds 0.1 --connections 2 --colds 1": ("One product by slug", "memory of serve"),
    "checkout --seconds 0.3 --customers 2": ("the verbs", "ratio "),
    "expiry --rate 20 --seconds 0.5 --fault scheduler-killed": ("10 orders, seconds late: p50",),
    "flash --seconds 0.2 --connections 2 --buyers 5 --backlog 20 --shards 1": (
        "Orders accepted",
        "Refusals after sold-out",
    ),
    "payments --payments 2": ("Webhooks",),
    f"sale --seconds 0.5 --shoppers 2 --by cart --pay webhook --against {ROOT}": (
        "until PAID",
        "against: ",
        "all of",
    ),
    "scale --seconds 0.5 --rate 40 --layout 1:1:1": ("1 API, 1 Redis, 1 worker: ", "1,000,000"),
    "sign-in --people 3 --rounds 1 --seconds 0.5": ("while 3 sign in", "3 signed in"),
    "subscriptions --connections 10 --changes 1": ("10 subscriptions opened in", "seconds until told"),
}
ALONE: Final = {"auth --rounds 1": ("Authentication",), "finding --times 2": ("p99",)}
"""Those that start no server."""
_MISSED: Final = 1
"""The exit code where an aim in time was missed."""


def _spawn(argv: Sequence[str], *, log: Path, env: Mapping[str, str], **options: Any) -> object:
    """A server of this clone without the seconds of its imports; of those that count their statements only the
    first API is started as it would be."""
    option, code, *words = argv[1:]
    counts = words == ["serve"] and not env["RUSHCART_HOME"].endswith("against")
    if (option, code) == RUSHCART or (option == RUSHCART[0] and not counts):
        return forked.start(words, env, log)
    return spawn(argv, log=log, env=env, **options)


@pytest.fixture
def to_be_used(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stores of this test."""
    for name, value in variables(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(processes, "spawn", _spawn)


@on_the_stack
@pytest.mark.usefixtures("to_be_used")
@pytest.mark.parametrize("words", SMALL)
async def test_a_benchmark(words: str) -> None:
    ended = await asyncio.to_thread(CliRunner().invoke, bench, words.split())
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code in (0, _MISSED), ended.output
    assert [text for text in SMALL[words] if text not in ended.stdout] == [], ended.output
    assert "WRONG" not in ended.output
    assert "Traceback" not in ended.output


@on_the_stack
async def test_those_that_start_no_server(settings: Settings) -> None:
    empty = await asyncio.to_thread(run, settings, "bench", "finding", "--times", "2")
    assert (empty.returncode, "There is no product yet" in empty.stderr) == (1, True), empty.stderr
    assert (await asyncio.to_thread(run, settings, "seed", "--products", "60")).returncode == 0
    for words, figures in ALONE.items():
        ended = await asyncio.to_thread(run, settings, "bench", *words.split(), timeout=200)
        said = f"{ended.stdout}\n{ended.stderr}"
        assert ended.returncode in (0, _MISSED), said
        assert [text for text in figures if text not in ended.stdout] == [], said
        assert "Traceback" not in said


def test_each_benchmark_is_here() -> None:
    assert {words.split()[0] for words in (*SMALL, *ALONE)} == set(bench.commands)
