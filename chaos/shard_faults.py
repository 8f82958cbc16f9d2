"""The shard that has the item for sale: its primary goes, is replaced, or lives on beside its successor."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chaos.fault import Fault, Step, Target
from chaos.many_nodes import in_thread
from infra.redis_slots import slot_of
from infra.stack import CACHES, Nodes
from infra.stack.valkey_cluster import id_of

_WITHIN: Final = 30.0
_POLL: Final = 0.02
_DEAF, _HEARING = "-2", "-1"
_AT_ONCE: Final = 100


def _connect(nodes: Nodes, name: str) -> "closing[Redis]":
    return closing(Redis.from_url(nodes.url(name), socket_timeout=5.0, retry=Retry(NoBackoff(), 0)))


def _ask(nodes: Nodes, name: str, *command: str | int) -> Any:
    with _connect(nodes, name) as client:
        return client.execute_command(*command)  # type: ignore[no-untyped-call]


def _shards(nodes: Nodes, slot: int) -> tuple[str, str, list[str]]:
    """Returns the primary that has the slot, its replica, and the primaries of the other shards."""
    nodes.await_cluster()
    names = {nodes.url(name).rpartition("//")[2].partition("/")[0]: name for name in CACHES}
    with _connect(nodes, CACHES[0]) as client:
        found = {names[address.partition("@")[0]]: node for address, node in client.cluster("NODES").items()}
    having = {name: node for name, node in found.items() if node["slots"]}
    here = next(name for name, node in having.items() if _has(node["slots"], slot))
    replica = next(name for name, node in found.items() if node["master_id"] == having[here]["node_id"])
    return here, replica, sorted(having.keys() - {here})


def _has(ranges: Sequence[Sequence[str]], slot: int) -> bool:
    return any(int(ends[0]) <= slot <= int(ends[-1]) for ends in ranges)


def _primary(act: Callable[[Nodes, str], None]) -> Step:
    def step(target: Target, nodes: Nodes) -> None:
        act(nodes, _shards(nodes, slot_of(target.key))[0])

    return in_thread(step)


def _replica(act: Callable[[Nodes, str], None]) -> Step:
    def step(target: Target, nodes: Nodes) -> None:
        act(nodes, _shards(nodes, slot_of(target.key))[1])

    return in_thread(step)


def _failover(nodes: Nodes, name: str) -> None:
    _ask(nodes, name, "CLUSTER", "FAILOVER")


def _start_all(_target: Target, nodes: Nodes) -> None:
    for name in CACHES:
        nodes.start(name)
    nodes.await_cluster()


def _thaw_all(_target: Target, nodes: Nodes) -> None:
    for name in CACHES:
        nodes.resume(name)
    nodes.await_cluster()


def _await_cluster(_target: Target, nodes: Nodes) -> None:
    nodes.await_cluster()


def _split(target: Target, nodes: Nodes) -> None:
    """The primary hears nothing of the others any more, and goes on; its replica takes over all the same."""
    primary, replica, _ = _shards(nodes, slot_of(target.key))
    _ask(nodes, primary, "CONFIG", "SET", "min-replicas-to-write", 0)
    _ask(nodes, primary, "CONFIG", "SET", "cluster-node-timeout", 60_000)
    _ask(nodes, primary, "DEBUG", "DROP-CLUSTER-PACKET-FILTER", _DEAF)
    _ask(nodes, replica, "CLUSTER", "FAILOVER", "TAKEOVER")


def _unite(_target: Target, nodes: Nodes) -> None:
    for name in CACHES:
        _ask(nodes, name, "DEBUG", "DROP-CLUSTER-PACKET-FILTER", _HEARING)
        _ask(nodes, name, "CONFIG", "SET", "min-replicas-to-write", 1)
        _ask(nodes, name, "CONFIG", "SET", "cluster-node-timeout", 2_000)
    nodes.await_cluster()


def _cut(_target: Target, nodes: Nodes) -> None:
    for name in CACHES:
        _ask(nodes, name, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def _migrate(target: Target, nodes: Nodes) -> None:
    """As Valkey 9 does it: all of the slot at once."""
    slot = slot_of(target.key)
    source, _, others = _shards(nodes, slot)
    to = target.dice.choice(others)
    _ask(nodes, source, "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", _id(nodes, to))
    deadline = time.monotonic() + _WITHIN
    while _shards(nodes, slot)[0] != to:
        assert time.monotonic() < deadline, f"slot {slot} did not come to {to}"
        time.sleep(_POLL)


def _migrate_by_key(target: Target, nodes: Nodes) -> None:
    """As any Redis Cluster does it: key after key, and some are there while others are here."""
    slot = slot_of(target.key)
    source, _, others = _shards(nodes, slot)
    to = target.dice.choice(others)
    port = int(nodes.url(to).rpartition(":")[2].partition("/")[0])
    _ask(nodes, to, "CLUSTER", "SETSLOT", slot, "IMPORTING", _id(nodes, source))
    _ask(nodes, source, "CLUSTER", "SETSLOT", slot, "MIGRATING", _id(nodes, to))
    while keys := _ask(nodes, source, "CLUSTER", "GETKEYSINSLOT", slot, _AT_ONCE):
        _ask(nodes, source, "MIGRATE", "127.0.0.1", port, "", 0, 5_000, "KEYS", *keys)
    for name in (to, source, *(other for other in others if other != to)):
        _ask(nodes, name, "CLUSTER", "SETSLOT", slot, "NODE", _id(nodes, to))


def _id(nodes: Nodes, name: str) -> str:
    with _connect(nodes, name) as client:
        return id_of(client)


SHARD_FAULTS = (
    Fault("redis primary killed", _primary(Nodes.kill), in_thread(_start_all), 6.0),
    Fault("redis primary frozen", _primary(Nodes.pause), in_thread(_thaw_all), 6.0),
    Fault("redis replica killed", _replica(Nodes.kill), in_thread(_start_all), 3.0),
    Fault("redis replica frozen", _replica(Nodes.pause), in_thread(_thaw_all), 4.0),
    Fault("redis replica promoted", _replica(_failover), in_thread(_await_cluster), 1.0),
    Fault("redis split brain", in_thread(_split), in_thread(_unite), 6.0),
    Fault("redis slot migrated", in_thread(_migrate), in_thread(_await_cluster), 0.0),
    Fault("redis slot migrated key by key", in_thread(_migrate_by_key), in_thread(_await_cluster), 0.0),
    Fault("redis connections cut", in_thread(_cut), in_thread(_await_cluster), 0.0),
)
