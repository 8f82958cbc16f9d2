"""Redis or Valkey: one client a process, bounded waits, and a watch over the server's memory."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
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
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from infra.ended import has_ended
from infra.errors import StoreUnavailable
from infra.redis_batch import Argument, Batcher, Command
from infra.store_time import StoreTime
from infra.telemetry import tracing
from infra.telemetry.conventions import pipeline_name, redis_attributes

# A request waits for a free connection rather than opening one more: Redis runs one command at a time anyway.
_CONNECTIONS = 64

# redis-py takes the code word off the text of an error that it has a class for; of others the text begins with it.
_OUTAGES = (OutOfMemoryError, ReadOnlyError, ClusterDownError, TryAgainError)
_OUTAGE_CODES = frozenset({"BUSY", "MISCONF", "NOREPLICAS", "UNKILLABLE"})
_PROBE = ("SET", "rushcart:probe", "1", "EX", "60")
REIGN: Final = (Path(__file__).parent / "lua" / "reign.lua").read_text()
"""Put before a script that is given ``RUN_ID`` first: it finds the server's reign there."""

RUN_ID = "\0the server's run id"
"""As an argument of a script: the run id of the very server that the command is sent to.

Only the connection knows it: what a caller reads from ``RedisStore.run_id`` beforehand may be the id of a server
that is gone when the command, after waiting for a connection or having been sent again, reaches its successor.
"""


@dataclass(frozen=True, slots=True)
class LuaScript:
    name: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path, *, shared: str = "") -> "LuaScript":
        """Read a script's file; ``shared`` is put before it, as scripts cannot import."""
        return cls(path.stem, shared + path.read_text())


_ASK_REIGN: Final = LuaScript("reign", REIGN + "return ARGV[1]")

# Unless it is given, each connection reads the package's metadata from the disk for its version.
_DRIVER: Final = DriverInfo()


class RedisStore:
    """The process's Redis client.

    ``run_id`` names the life of the server: it changes whenever the server restarts, and with it what the
    server remembers may have changed. It is read on every new connection, before any command of ours: compare
    a reply with it after the reply came. A script that must not meet another server is given ``RUN_ID``.
    ``attributes`` are what traces say of the server.
    """

    def __init__(self, dsn: str, *, timeout: float) -> None:
        self.dsn = dsn
        self.timeout = timeout
        self.run_id = ""
        self._scripts: dict[LuaScript, AsyncScript] = {}
        self.client = self._make_client(timeout)
        self.blocking = self._make_client(None)
        self.attributes = redis_attributes(self.client.connection_pool.connection_kwargs)
        self._batcher = Batcher(self.client.connection_pool, timeout, _with_run_id)

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
        pool.connection_class = _KNOWING[pool.connection_class]
        return Redis.from_pool(pool)

    async def _on_connect(self, connection: "_KnowsItsServer") -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        self.run_id = connection.server_run_id = _run_id(await connection.read_response())
        connection.leave = self._leave

    def _leave(self) -> None:
        """Renew every connection before its next use: also those that only read, of what may be a replica."""
        for client in (self.client, self.blocking):
            for connection in _connections(client.connection_pool):
                connection.mark_for_reconnect()  # type: ignore[no-untyped-call]

    @asynccontextmanager
    async def guard(self, timeout: float | None = None, *, store: str = "redis") -> AsyncIterator[None]:
        """Bound the block by the store's timeout, or another one in seconds.

        Errors: StoreUnavailable, of ``store``, for anything but a wrong command.
        """
        try:
            async with StoreTime(timeout or self.timeout):
                yield
        except (TimeoutError, OSError, RedisError) as error:
            if _is_outage(error):
                raise StoreUnavailable(store) from error
            raise

    async def execute(self, *commands: Command) -> list[Any]:
        """Execute commands; returns raw replies: the hot path's way, as the commands of concurrent requests are
        sent together.

        They may run twice, see ``Batcher``. Errors: StoreUnavailable, also for one that may have run all the same;
        ResponseError.
        """
        try:
            with self._traced(commands):
                replies = await self._batcher.execute(*commands)
            for reply in replies:
                if isinstance(reply, ResponseError):
                    raise reply
        except (TimeoutError, OSError, RedisError) as error:
            if _is_outage(error):
                raise StoreUnavailable("redis") from error
            raise
        return replies

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
        script = self.script(lua)
        with tracing.span(f"redis script {lua.name}"):
            try:
                [reply] = await self.execute(("EVALSHA", script.sha, len(keys), *keys, *args))
            except NoScriptError:
                async with self.guard():
                    return await script(keys=keys, args=args)
            return reply

    async def run_script_many(
        self, lua: LuaScript, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]
    ) -> list[Any]:
        """Run a script that may run twice, with each (keys, args) in one round trip; returns the replies.

        Errors as of ``execute``.
        """
        script = self.script(lua)
        commands = [("EVALSHA", script.sha, len(keys), *keys, *args) for keys, args in calls]
        try:
            return await self.execute(*commands)
        except NoScriptError:
            async with self.guard():
                await self.client.script_load(script.script)
            return await self.execute(*commands)

    def script(self, lua: LuaScript) -> AsyncScript:
        """Register a script; it runs by its hash, and is sent when the server does not know it."""
        if lua not in self._scripts:
            self._scripts[lua] = self.client.register_script(lua.text)
        return self._scripts[lua]

    async def reign(self) -> bytes:
        """Returns the server's reign: another after each restart and promotion. Errors: StoreUnavailable."""
        return bytes(await self.run_script(_ASK_REIGN, [], [RUN_ID]))

    async def ping(self) -> None:
        """Ask for a write: a server that is full or read-only answers PING. Errors: StoreUnavailable."""
        await self.execute(_PROBE)

    async def close(self) -> None:
        await self._batcher.close()
        await self.client.aclose()
        await self.blocking.aclose()


class _KnowsItsServer(AbstractConnection):
    """A connection that puts its server's run id where a script asks for it."""

    server_run_id = ""
    leave: Callable[[], None] = staticmethod(lambda: None)

    async def connect(self) -> None:
        """Connect, for the next to use it, if it is not connected or is to be left."""
        if self.should_reconnect():  # type: ignore[no-untyped-call]
            await self.disconnect(nowait=True)
        await super().connect()  # type: ignore[no-untyped-call]

    async def send_command(self, *args: Any, **kwargs: Any) -> None:
        if args[0] in ("EVALSHA", "EVAL"):
            # Before the command is packed: connecting is what tells the id.
            if not self.is_connected:
                await self.connect()
            args = tuple(self.server_run_id if arg is RUN_ID else arg for arg in args)
        await super().send_command(*args, **kwargs)

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().read_response(*args, **kwargs)
        except ResponseError as error:
            # What is at the address by now is found by a new connection, once the replies that follow are read.
            if is_not_the_primary(error):
                self.leave()
            raise

    async def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super().send_packed_command(*args, **kwargs)
        except RuntimeError as error:
            if not has_ended(error):
                raise
            raise RedisConnectionError(str(error)) from error


class _Tcp(_KnowsItsServer, Connection):
    pass


class _Tls(_KnowsItsServer, SSLConnection):
    pass


class _UnixSocket(_KnowsItsServer, UnixDomainSocketConnection):
    pass


_KNOWING: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _Tcp,
    SSLConnection: _Tls,
    UnixDomainSocketConnection: _UnixSocket,
}


def _connections(pool: ConnectionPool) -> Iterator[AbstractConnection]:
    yield from pool._available_connections
    yield from pool._in_use_connections


def is_not_the_primary(error: ResponseError) -> bool:
    """Returns whether it says that the server is a replica, or a primary that its replicas have left."""
    return isinstance(error, ReadOnlyError | MasterDownError) or str(error).startswith("NOREPLICAS ")


def _run_id(reply: Any) -> str:
    text = reply.decode() if isinstance(reply, bytes) else str(reply)
    for line in text.splitlines():
        if line.startswith("run_id:"):
            return line.removeprefix("run_id:").strip()
    return ""


def _with_run_id(connection: AbstractConnection, command: Command) -> Command:
    assert isinstance(connection, _KnowsItsServer)
    if RUN_ID not in command:
        return command
    return tuple(connection.server_run_id if part is RUN_ID else part for part in command)


def _is_outage(error: Exception) -> bool:
    """Returns whether the server cannot do it now, as against a wrong command, or one for what is not there."""
    if not isinstance(error, ResponseError) or isinstance(error, _OUTAGES):
        return True
    return str(error).partition(" ")[0] in _OUTAGE_CODES
