"""Stores that answer, and say that they cannot: full, or read-only."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from redis.asyncio import Redis
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from chaos.fault import Fault, Step, Target
from infra.ports import LOOPBACK, free_port
from infra.stack import ServerName, Servers, StackError
from infra.stack.database import OPERATOR


def _redis(*command: str) -> Step:
    async def tell(target: Target) -> None:
        async with Redis.from_url(target.stack.env()["RUSHCART_REDIS_URL"]) as redis:
            await redis.execute_command(*command)  # type: ignore[no-untyped-call]

    return tell


async def _demote_redis(target: Target) -> None:
    await _redis("REPLICAOF", LOOPBACK, str(free_port()))(target)


def _database(statement: str) -> Step:
    async def tell(target: Target) -> None:
        url = make_url(target.stack.env()["RUSHCART_DATABASE_URL"]).set(username=OPERATOR, database="")
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    return tell


def _fill(server: ServerName) -> Step:
    async def fill(target: Target) -> None:
        await asyncio.to_thread(target.disks[server].fill)

    return fill


def _make_room(server: ServerName, then: Callable[[Servers, str], None]) -> Step:
    async def make_room(target: Target) -> None:
        await asyncio.to_thread(target.disks[server].make_room)
        await asyncio.to_thread(then, target.stack, server)

    return make_room


def _start_again(stack: Servers, server: str) -> None:
    """A broker ends when it cannot write to its log; it may be about to."""
    with suppress(StackError):
        stack.kill(server)
    stack.start(server)


def _full_disk(server: ServerName, then: Callable[[Servers, str], None], longest: float) -> Fault:
    return Fault(f"{server} disk full", _fill(server), _make_room(server, then), longest, disk=server)


STORE_FAULTS = (
    Fault("redis full", _redis("CONFIG", "SET", "maxmemory", "1"), _redis("CONFIG", "SET", "maxmemory", "0"), 4.0),
    Fault("redis read-only", _demote_redis, _redis("REPLICAOF", "NO", "ONE"), 4.0),
    Fault(
        "database read-only", _database("SET GLOBAL read_only = ON"), _database("SET GLOBAL read_only = OFF"), 4.0
    ),
    _full_disk("redis", Servers.start, 4.0),
    _full_disk("database", Servers.start, 4.0),
    _full_disk("kafka", _start_again, 2.0),
)
