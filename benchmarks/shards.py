"""A Redis Cluster of so many shards, each a primary with a replica, on this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import cpu_seconds
from infra.ports import LOOPBACK, free_port
from infra.processes import Keeper, ProcessId, spawn
from infra.stack.probes import NotAnswering, probe
from infra.stack.redis_server import RedisRecipe
from infra.stack.runner import Job
from infra.stack.state import Record
from infra.stack.valkey_cluster import connect, form

_GRACE: Final = 5.0
_START_WITHIN: Final = 30.0
_POLL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Shards:
    """``nodes``: primaries first, then a replica of each."""

    nodes: list[Record]
    processes: list[Keeper]

    @property
    def url(self) -> str:
        primaries = self.nodes[: len(self.nodes) // 2]
        return "redis+cluster://" + ",".join(f"{LOOPBACK}:{node.port}" for node in primaries)

    def cpu(self) -> tuple[float, float]:
        """Returns the seconds of the primaries, and of the replicas."""
        used, half = [cpu_seconds(process.pid) for process in self.processes], len(self.nodes) // 2
        return sum(used[:half]), sum(used[half:])

    def commands(self) -> int:
        """Returns how many the primaries have done."""
        done = 0
        for node in self.nodes[: len(self.nodes) // 2]:
            with connect(node) as client:
                done += int(client.info("stats")["total_commands_processed"])
        return done


@contextmanager
def shards(count: int, folder: Path) -> Iterator[Shards]:
    """Errors: StackError."""
    recipe = RedisRecipe(in_cluster=True)
    recipe.find()
    nodes = [Record("machine", port=free_port()) for _ in range(2 * count)]
    with ExitStack() as running:
        processes = []
        for number, node in enumerate(nodes):
            own = folder / f"redis-{number}"
            own.mkdir(parents=True)
            recipe.prepare(Job("redis", node, save=_nothing, echo=_silent, cancelled=threading.Event()), own)
            keeper = spawn(recipe.command(node, own), log=own / "server.log", cwd=own, dies_with_parent=True)
            processes.append(keeper)
            if (process := ProcessId.of(keeper.pid)) is not None:
                running.callback(process.stop, _GRACE)
        _await(nodes)
        form(nodes)
        yield Shards(nodes, processes)


def _await(nodes: list[Record]) -> None:
    """Errors: NotAnswering."""
    deadline = time.monotonic() + _START_WITHIN
    for node in nodes:
        while not _answers(node):
            if time.monotonic() > deadline:
                raise NotAnswering(f"redis at {node.port}")
            time.sleep(_POLL)


def _answers(node: Record) -> bool:
    try:
        probe("redis", f"redis://{LOOPBACK}:{node.port}/0")
    except NotAnswering:
        return False
    return True


def _nothing() -> None:
    """Nobody else has its record."""


def _silent(_text: str) -> None:
    """Nobody reads along."""
