"""Redis or Valkey: one client a process, bounded waits, and a watch over the server's memory."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any, Final

from opentelemetry.semconv.attributes.db_attributes import (
    DB_OPERATION_BATCH_SIZE,
    DB_OPERATION_NAME,
    DB_STORED_PROCEDURE_NAME,
)
from opentelemetry.trace import SpanKind
from redis import DriverInfo
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError

from infra.errors import StoreUnavailable
from infra.redis_batch import Argument, Batcher, Command
from infra.redis_connection import (
    KNOWING,
    RUN_ID,
    KnowsItsServer,
    is_outage,
    is_silence,
    run_id_of,
    with_run_id,
)
from infra.store_time import StoreTime, is_silent, note_silence
from infra.telemetry import tracing
from infra.telemetry.conventions import pipeline_name, redis_attributes
from settings.errors import BadSetting

# A request waits for a free connection rather than opening one more: Redis runs one command at a time anyway.
_CONNECTIONS = 64

REIGN: Final = (Path(__file__).parent / "lua" / "reign.lua").read_text()
"""Put before a script that is given ``RUN_ID`` first: it finds the server's reign there."""


@dataclass(frozen=True, slots=True)
class LuaScript:
    name: str
    text: str = field(repr=False)
    sha: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # It names the script, as Redis wants it, and protects nothing.
        object.__setattr__(self, "sha", sha1(self.text.encode(), usedforsecurity=False).hexdigest())

    @classmethod
    def read(cls, path: Path, *, shared: str = "") -> "LuaScript":
        """Read a script's file; ``shared`` is put before it, as scripts cannot import."""
        return cls(path.stem, shared + path.read_text())


_ASK_REIGN: Final = LuaScript("reign", REIGN + "return ARGV[1]")

# Unless it is given, each connection reads the package's metadata from the disk for its version.
_DRIVER: Final = DriverInfo()


class RedisStore:
    """The process's client of one Redis server; ``RedisCluster`` is that of several.

    ``run_id`` names the life of the server: it changes whenever the server restarts, and with it what the
    server remembers may have changed. It is read on every new connection, before any command of ours: compare
    a reply with it after the reply came. A script that must not meet another server is given ``RUN_ID``.
    ``attributes`` are what traces say of the server.
    """

    is_cluster = False
    tag = ""
    """A hash tag of a slot that this server has; none where it has all."""
    slots: Sequence[tuple[int, int]] = ()
    """Ranges of a cluster's slots that it has, both ends included."""

    def __init__(self, dsn: str, *, timeout: float, in_trouble: Callable[[], None] = lambda: None) -> None:
        self.dsn = dsn
        self.timeout = timeout
        self.run_id = ""
        self._in_trouble = in_trouble
        self._scripts: set[LuaScript] = set()
        self.client = self._make_client(timeout)
        self.blocking = self._make_client(None)
        self.attributes = redis_attributes(self.client.connection_pool.connection_kwargs)
        self._batcher = Batcher(self.client.connection_pool, timeout, with_run_id)

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
            driver_info=_DRIVER,
        )
        pool.connection_class = self._connections_of(KNOWING[pool.connection_class])
        return Redis.from_pool(pool)

    def _connections_of(self, known: type[AbstractConnection]) -> type[AbstractConnection]:
        return known

    async def _on_connect(self, connection: "KnowsItsServer") -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        self.run_id = connection.server_run_id = run_id_of(await connection.read_response())
        connection.leave, connection.misled = self._leave, self._in_trouble

    def _leave(self) -> None:
        """Renew every connection before its next use: also those that only read, of what may be a replica."""
        self._in_trouble()
        for client in (self.client, self.blocking):
            for connection in _connections(client.connection_pool):
                connection.mark_for_reconnect()  # type: ignore[no-untyped-call]

    def at(self, key: str) -> "RedisStore":
        """Returns the client of the server that has the key."""
        return self

    def servers(self) -> "Sequence[RedisStore]":
        """Returns the clients of all servers that have keys."""
        return (self,)

    async def start(self) -> None:
        """Find the servers, if they can be reached now. Errors: BadSetting for one that has a part of the keys."""
        [found] = await self.ask(("CLUSTER", "INFO"))  # an error where there is no cluster
        if isinstance(found, bytes) and (size := re.search(rb"cluster_size:(\d+)", found)) and int(size[1]) > 1:
            raise BadSetting("RUSHCART_REDIS_URL: its server is one of a cluster; begin it with redis+cluster://")

    @asynccontextmanager
    async def guard(self, timeout: float | None = None, *, store: str = "redis") -> AsyncIterator[None]:
        """Bound the block by the store's timeout, or another one in seconds.

        Errors: StoreUnavailable, of ``store``, for anything but a wrong command.
        """
        if is_silent(self.dsn):
            raise StoreUnavailable(store)
        try:
            async with StoreTime(timeout or self.timeout):
                yield
        except (TimeoutError, OSError, RedisError) as error:
            if is_outage(error):
                self._note(error)
                raise StoreUnavailable(store) from error
            raise

    async def execute(self, *commands: Command) -> list[Any]:
        """Execute commands; returns raw replies: the hot path's way, as the commands of concurrent requests are
        sent together.

        They may run twice, see ``Batcher``. Errors: StoreUnavailable, also for one that may have run all the same;
        ResponseError.
        """
        replies = await self.ask(*commands)
        for reply in replies:
            if isinstance(reply, Exception):
                if isinstance(reply, StoreUnavailable) or not is_outage(reply):
                    raise reply
                raise StoreUnavailable("redis") from reply
        return replies

    async def ask(self, *commands: Command) -> list[Any]:
        """Execute as ``execute``; returns the error of each command that has one in the place of its reply:
        ResponseError or StoreUnavailable.
        """
        if is_silent(self.dsn):
            return [StoreUnavailable("redis")] * len(commands)
        try:
            with self._traced(commands):
                return await self._batcher.execute(*commands)
        except (TimeoutError, OSError, RedisError) as error:
            self._note(error)
            found = StoreUnavailable("redis")
            found.__cause__ = error
            return [found] * len(commands)

    def _note(self, trouble: Exception) -> None:
        self._in_trouble()
        if is_silence(trouble):
            note_silence(self.dsn)

    async def get_many(self, keys: Sequence[str]) -> list[Any]:
        """Returns the strings that these keys have, or None. Errors: StoreUnavailable."""
        [values] = await self.execute(("MGET", *keys))
        return list(values)

    def _traced(self, commands: Sequence[Command]) -> AbstractContextManager[object]:
        if not tracing.is_on():
            return nullcontext()
        operation = pipeline_name([str(command[0]) for command in commands])
        attributes = {**self.attributes, DB_OPERATION_NAME: operation}
        if len(commands) > 1:
            attributes[DB_OPERATION_BATCH_SIZE] = len(commands)
        scripts = {str(command[1]) for command in commands if command[0] == "EVALSHA"}
        if len(scripts) == 1:
            attributes[DB_STORED_PROCEDURE_NAME] = scripts.pop()
        return tracing.span(operation, SpanKind.CLIENT, attributes=attributes)

    async def run_script(self, lua: LuaScript, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Run a script by its hash. Errors as of ``execute``."""
        with tracing.span(f"redis script {lua.name}"):
            [reply] = await self.run_script_many(lua, [(keys, args)])
            return reply

    async def run_script_many(
        self, lua: LuaScript, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]
    ) -> list[Any]:
        """Run a script that may run twice, with each (keys, args) in one round trip; returns the replies.

        Errors as of ``execute``.
        """
        sha = self.script(lua)
        commands = [("EVALSHA", sha, len(keys), *keys, *args) for keys, args in calls]
        try:
            return await self.execute(*commands)
        except NoScriptError:
            await self.load(lua)
            return await self.execute(*commands)

    def script(self, lua: LuaScript) -> str:
        """Register a script; returns the hash that it runs by."""
        self._scripts.add(lua)
        return lua.sha

    async def load(self, *scripts: LuaScript) -> None:
        """Make scripts known to the server. Errors: StoreUnavailable."""
        await self.execute(*(("SCRIPT", "LOAD", script.text) for script in scripts))

    async def reign(self) -> bytes:
        """Returns the server's reign: another after each restart and promotion. Errors: StoreUnavailable."""
        return bytes(await self.run_script(_ASK_REIGN, [], [RUN_ID]))

    async def time_ms(self) -> int:
        """Returns the server's clock. Errors: StoreUnavailable."""
        [(seconds, micros)] = await self.execute(("TIME",))
        return int(seconds) * 1000 + int(micros) // 1000

    async def ping(self) -> None:
        """Ask for a write: a server that is full or read-only answers PING. Errors: StoreUnavailable."""
        await self.execute(("SET", own_name(self, "rushcart:probe"), "1", "EX", "60"))

    async def close(self) -> None:
        await self._batcher.close()
        await self.client.aclose()
        await self.blocking.aclose()


def _connections(pool: ConnectionPool) -> Iterator[AbstractConnection]:
    yield from pool._available_connections
    yield from pool._in_use_connections


def raise_wrong(replies: Sequence[Any]) -> None:
    """Raise what ``RedisStore.ask`` found to be no outage. Errors: ResponseError."""
    for reply in replies:
        if isinstance(reply, ResponseError) and not is_outage(reply):
            raise reply


def own_name(server: RedisStore, name: str) -> str:
    """Returns the name of a key that each server has for itself."""
    return f"{name}:{{{server.tag}}}" if server.tag else name
