"""Redis or Valkey: one client a process, bounded waits, and a watch over the server's memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from infra.errors import StoreUnavailable

# A request waits for a free connection rather than opening one more: Redis runs one command at a time anyway.
_CONNECTIONS = 64


class RedisStore:
    """The process's Redis client.

    ``run_id`` names the life of the server: it changes whenever the server restarts, and with it what the
    server remembers may have changed. It is read on every new connection, before any command of ours, so a
    command never meets a restarted server while ``run_id`` is still the old one.
    """

    def __init__(self, dsn: str, *, timeout: float) -> None:
        self.dsn = dsn
        self.timeout = timeout
        self.run_id = ""
        self._scripts: dict[Path, AsyncScript] = {}
        self.client = self._make_client(timeout)
        self.blocking = self._make_client(None)

    def _make_client(self, socket_timeout: float | None) -> Redis:
        pool = BlockingConnectionPool.from_url(
            self.dsn,
            max_connections=_CONNECTIONS,
            timeout=self.timeout,
            socket_timeout=socket_timeout,
            socket_connect_timeout=self.timeout,
            # A pooled connection that died with the server is worth one more try; a slow server is not.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            redis_connect_func=self._on_connect,
        )
        return Redis.from_pool(pool)

    async def _on_connect(self, connection: Connection) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        self.run_id = _run_id(await connection.read_response())

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        """Bound the block by the store's timeout. Errors: StoreUnavailable for anything but a wrong command."""
        try:
            async with asyncio.timeout(self.timeout):
                yield
        except (TimeoutError, OSError) as error:
            raise StoreUnavailable("redis") from error
        except RedisError as error:
            if isinstance(error, ResponseError) and not _is_outage(error):
                raise
            raise StoreUnavailable("redis") from error

    def script(self, path: Path) -> AsyncScript:
        """A Lua script kept in a file; runs by its hash, and is sent when the server does not know it."""
        if path not in self._scripts:
            self._scripts[path] = self.client.register_script(path.read_bytes())
        return self._scripts[path]

    async def ping(self) -> None:
        async with self.guard():
            await self.client.ping()

    async def close(self) -> None:
        await self.client.aclose()
        await self.blocking.aclose()


def _run_id(reply: Any) -> str:
    text = reply.decode() if isinstance(reply, bytes) else str(reply)
    for line in text.splitlines():
        if line.startswith("run_id:"):
            return line.removeprefix("run_id:").strip()
    return ""


def _is_outage(error: ResponseError) -> bool:
    return str(error).startswith(("LOADING", "MASTERDOWN", "READONLY", "OOM", "MISCONF", "BUSY "))
