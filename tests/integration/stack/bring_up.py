"""Stacks that tests bring up."""

from pathlib import Path

from redis.asyncio import Redis

from infra.processes import ProcessId
from infra.stack import ServerName, Stack
from infra.stack.install import can_install
from tests.running.stacks import KAFKA_CACHE


def quiet(line: str) -> None:
    """Progress lines that no test looks at."""


def bring_up(home: Path, environ: dict[str, str] | None = None, echo: list[str] | None = None) -> Stack:
    return Stack.up(
        home,
        install=can_install(),
        echo=quiet if echo is None else echo.append,
        environ=environ or {},
        kafka_cache=KAFKA_CACHE,
        dies_with_parent=True,
    )


def process(stack: Stack, server: ServerName) -> ProcessId:
    pid = stack.pid(server)
    assert pid is not None
    found = ProcessId.of(pid)
    assert found is not None
    return found


def redis(stack: Stack) -> "Redis":
    return Redis.from_url(stack.env()["RUSHCART_REDIS_URL"], socket_timeout=2.0)
