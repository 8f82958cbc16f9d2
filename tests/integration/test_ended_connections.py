"""Servers run on uvloop, which says in its own way that a connection has ended: that is an outage, no fault."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
import uvloop
from pydantic import SecretStr
from redis.asyncio.connection import AbstractConnection
from sqlalchemy import text

from chaos.proxy import Proxy
from infra.database import Database
from infra.errors import StoreUnavailable
from infra.redis import RedisStore
from infra.runtime import open_infra
from settings import Settings
from tests.modes import MODES


async def _end_all(store: RedisStore) -> None:
    """The client's ends are closed, as when the loop has just seen a reset; whoever has them does not know yet."""
    pooled: list[AbstractConnection] = store.client.connection_pool._available_connections
    assert pooled
    for connection in pooled:
        assert connection._writer is not None
        connection._writer.transport.abort()
    await asyncio.sleep(0)


async def _by_batch(store: RedisStore) -> None:
    assert await store.execute(("SET", "a", "1"), ("GET", "a")) == [b"OK", b"1"]


async def _by_client(store: RedisStore) -> None:
    async with store.guard():
        assert await store.client.incr("n") >= 1


@pytest.mark.parametrize("use", [_by_batch, _by_client])
async def test_redis(settings: Settings, use: Callable[[RedisStore], Awaitable[None]]) -> None:
    async def work() -> None:
        store = RedisStore(settings.redis_dsn, timeout=2.0)
        await use(store)
        await _end_all(store)
        await use(store)  # on a new connection
        await store.close()

    await asyncio.to_thread(uvloop.run, work())


@pytest.mark.parametrize("mode", MODES[1:], indirect=True)  # SQLite has no connections that could end
async def test_the_database(settings: Settings) -> None:
    assert settings.database_url is not None
    async with Proxy(settings.database_url.get_secret_value()) as proxy:
        behind = settings.model_copy(update={"database_url": SecretStr(proxy.url)})

        async def work() -> None:
            async with open_infra(behind) as infra:
                assert await _look_often(infra.database) == {"1"}
                dropped.set()
                await asyncio.to_thread(done.wait)
                assert await _look_often(infra.database) <= {"1", "StoreUnavailable"}
                assert await _look_often(infra.database) == {"1"}

        dropped, done = threading.Event(), threading.Event()
        working = asyncio.create_task(asyncio.to_thread(uvloop.run, work()))
        await asyncio.to_thread(dropped.wait)
        proxy.drop()
        done.set()
        await working
        assert proxy.dropped >= 1


async def _look_often(database: Database) -> set[str]:
    return set(await asyncio.gather(*(_look(database) for _ in range(5))))


async def _look(database: Database) -> str:
    try:
        async with database.read() as session:
            return str(await session.scalar(text("SELECT 1")))
    except StoreUnavailable as error:
        return type(error).__name__
