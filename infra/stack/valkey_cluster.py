"""A Redis Cluster of servers that run: primaries first, then a replica of each."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from infra.ports import LOOPBACK
from infra.redis_slots import SLOTS
from infra.stack.errors import StackError
from infra.stack.state import Record

_WITHIN: Final = 60.0
_POLL: Final = 0.05


def connect(record: Record) -> Redis:
    """Returns a client that knows this one node only. Close it."""
    return Redis(host=LOOPBACK, port=record.port, socket_timeout=5.0, retry=Retry(NoBackoff(), 0))


def form(nodes: Sequence[Record]) -> None:
    """Make one cluster of them, unless they are one by their own memory; returns when it is whole.

    Errors: StackError.
    """
    with ExitStack() as exits:
        clients = [exits.enter_context(connect(node)) for node in nodes]
        if _known(clients[0]) < len(nodes):
            _meet(clients, nodes)
    await_whole(nodes)


def await_whole(nodes: Sequence[Record]) -> None:
    """Wait until every slot has a primary, and every primary a replica that has all it has. Errors: StackError."""
    with ExitStack() as exits:
        clients = [exits.enter_context(connect(node)) for node in nodes]
        _until(lambda: all(map(_is_whole, clients)), "the cluster is not whole")
        half = len(nodes) // 2
        _until(lambda: sum(map(_is_followed, clients)) == half, "a primary has no replica")


def _meet(clients: Sequence[Redis], nodes: Sequence[Record]) -> None:
    half = len(nodes) // 2
    ends = [SLOTS * n // half for n in range(half + 1)]
    for client, (first, last) in zip(clients, pairwise(ends), strict=False):
        _ask(client, "CLUSTER ADDSLOTSRANGE", first, last - 1)
    for node in nodes[1:]:
        _ask(clients[0], "CLUSTER MEET", LOOPBACK, node.port, int(node.notes["bus_port"]))
    # By their names: one that is greeted has another until it has answered.
    ids = set(map(id_of, clients))
    _until(lambda: all(_met(client) == ids for client in clients), "the nodes do not meet")
    for primary, replica in zip(clients, clients[half:], strict=False):
        _ask(replica, "CLUSTER REPLICATE", id_of(primary))


def id_of(client: Redis) -> str:
    """Returns the name of a node in its cluster."""
    return bytes(_ask(client, "CLUSTER MYID")).decode()


def is_primary(client: Redis) -> bool:
    """Returns whether it believes that it is one that has slots."""
    return str(client.info("replication")["role"]) == "master"


def _known(client: Redis) -> int:
    return len(client.cluster("NODES"))


def _met(client: Redis) -> set[str]:
    return {str(node["node_id"]) for node in client.cluster("NODES").values()}


def _is_whole(client: Redis) -> bool:
    found = client.cluster("INFO")
    missed = any("fail" in node["flags"] for node in client.cluster("NODES").values())
    return not missed and found["cluster_state"] == "ok" and int(found["cluster_slots_ok"]) == SLOTS


def _is_followed(client: Redis) -> bool:
    """A replica whose link is up is there, and has got what came before."""
    found = client.info("replication")
    return found["role"] == "master" and int(found.get("min_slaves_good_slaves", 0)) > 0


def _ask(client: Redis, *command: str | int) -> Any:
    return client.execute_command(*command)  # type: ignore[no-untyped-call]


def _until(look: Callable[[], bool], otherwise: str) -> None:
    deadline, seen = time.monotonic() + _WITHIN, "it is so"
    while True:
        try:
            if look():
                return
        except (RedisError, OSError) as error:
            seen = f"{type(error).__name__}: {error}"
        if time.monotonic() > deadline:
            raise StackError(f"redis: {otherwise} ({seen})")
        time.sleep(_POLL)
