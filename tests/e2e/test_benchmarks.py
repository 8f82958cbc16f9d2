"""Each benchmark runs to its figures, in small; what they are is not judged on a busy machine."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from benchmarks.processes import ROOT
from cli.bench import bench
from infra.migrations import upgrade
from tests.commands import run
from tests.modes import empty_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
# The command's words, and what its figures are named.
SMALL: Final = {
    "auth": ("Authentication",),
    "catalog --seconds 0.3 --connections 4 --colds 2": ("One product by slug", "memory of serve"),
    "checkout --seconds 1 --customers 2": ("the verbs", "ratio "),
    "expiry --rate 20 --seconds 1 --fault scheduler-killed": ("20 orders, seconds late: p50",),
    "finding --times 2": ("p99",),
    "flash --seconds 0.5 --connections 4 --buyers 20 --backlog 50": ("Orders accepted", "Refusals after sold-out"),
    "payments --payments 4": ("Webhooks",),
    f"sale --seconds 1 --shoppers 2 --by cart --pay webhook --against {ROOT}": (
        "until PAID",
        "against: ",
        "all of",
    ),
    "sign-in --people 5 --rounds 1 --seconds 1": ("while 5 sign in", "5 signed in"),
    "subscriptions --connections 20 --changes 2": ("20 subscriptions opened in", "seconds until told"),
}
_MISSED: Final = 1
"""The exit code where an aim in time was missed."""


def test_each_benchmark_is_here() -> None:
    assert {words.split()[0] for words in SMALL} == set(bench.commands)


@pytest.mark.parametrize("words", SMALL)
async def test_a_benchmark(tmp_path: Path, words: str) -> None:
    async with empty_stack(tmp_path / "home") as settings:
        await asyncio.to_thread(upgrade, settings)
        if words.startswith("finding"):
            empty = await asyncio.to_thread(run, settings, "bench", *words.split())
            assert (empty.returncode, "There is no product yet" in empty.stderr) == (1, True), empty.stderr
            assert (await asyncio.to_thread(run, settings, "seed", "--products", "60")).returncode == 0
        ended = await asyncio.to_thread(run, settings, "bench", *words.split(), timeout=200)
    said = f"{ended.stdout}\n{ended.stderr}"
    assert ended.returncode in (0, _MISSED), said
    assert [text for text in SMALL[words] if text not in ended.stdout] == [], said
    assert "WRONG" not in said
    assert "Traceback" not in said
