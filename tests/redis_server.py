"""A Redis or Valkey server of a test's own, on a free port, set up and brought into trouble at will."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from infra.ports import LOOPBACK, free_port
from infra.processes import ProcessId, spawn
from infra.stack.machine import find_program
from tests.waiting import until_true


@contextmanager
def redis_server(folder: Path, *, program: Path | None = None, **options: str | int) -> Iterator[Redis]:
    """Start one in ``folder``, which skips where there is none; ``options`` have ``_`` for their ``-``."""
    program, port = program or find_program("redis-server", "valkey-server"), free_port()
    if program is None:
        pytest.skip("neither redis-server nor valkey-server is on this machine")
    given = {"port": port, "bind": LOOPBACK, "save": "", **options}
    words = (word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value)))
    keeper = spawn([str(program), *words], log=folder / "redis.log", cwd=folder, dies_with_parent=True)
    try:
        with Redis(host=LOOPBACK, port=port, retry=Retry(NoBackoff(), 0)) as client:
            until_true(lambda: _answers(client), "an answer from Redis")
            yield client
    finally:
        if (process := ProcessId.of(keeper.pid)) is not None:
            process.stop(5.0)


@contextmanager
def frozen(client: Redis) -> Iterator[None]:
    """Connections stay, and nothing answers."""
    pid = int(str(client.info()["process_id"]))
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)
    until_true(lambda: _answers(client), "an answer from Redis")


def url_of(client: "Redis") -> str:
    return f"redis://{LOOPBACK}:{port_of(client)}/0"


def port_of(client: "Redis") -> int:
    return int(client.connection_pool.connection_kwargs["port"])


def _answers(client: "Redis") -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
