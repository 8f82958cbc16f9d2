"""Connections to Redis that know which server they lead to, and what its errors mean."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from infra.ended import has_ended
from infra.redis_batch import Command

# redis-py takes the code word off the text of an error that it has a class for; of others the text begins with it.
_OUTAGES = (OutOfMemoryError, ReadOnlyError, ClusterDownError, TryAgainError, AskError)
_OUTAGE_CODES = frozenset({"BUSY", "MISCONF", "NOREPLICAS", "UNKILLABLE"})

RUN_ID = "\0the server's run id"
"""As an argument of a script: the run id of the very server that the command is sent to.

Only the connection knows it: what a caller reads from ``RedisStore.run_id`` beforehand may be the id of a server
that is gone when the command, after waiting for a connection or having been sent again, reaches its successor.
"""


class KnowsItsServer(AbstractConnection):
    """A connection that puts its server's run id where a script asks for it."""

    server_run_id = ""
    leave: Callable[[], None] = staticmethod(lambda: None)
    misled: Callable[[], None] = staticmethod(lambda: None)
    """Called when what was asked for is on another server by now."""

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
            if isinstance(error, MovedError):
                self.misled()
            raise

    async def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super().send_packed_command(*args, **kwargs)
        except RuntimeError as error:
            if not has_ended(error):
                raise
            raise RedisConnectionError(str(error)) from error


class _Tcp(KnowsItsServer, Connection):
    locate: Callable[[], Awaitable[tuple[str, int]]] | None = None
    """Asked for the address of each new connection, where it is not always the same."""

    async def _connect(self) -> None:
        if self.locate is not None:
            self.host, self.port = await self.locate()
        await super()._connect()  # type: ignore[no-untyped-call]


class _Tls(_Tcp, SSLConnection):
    pass


class _UnixSocket(KnowsItsServer, UnixDomainSocketConnection):
    pass


KNOWING: Final[dict[type[AbstractConnection], type[AbstractConnection]]] = {
    Connection: _Tcp,
    SSLConnection: _Tls,
    UnixDomainSocketConnection: _UnixSocket,
}


def is_not_the_primary(error: ResponseError) -> bool:
    """Returns whether it says that the server is a replica, or a primary that its replicas have left."""
    return isinstance(error, ReadOnlyError | MasterDownError) or str(error).startswith("NOREPLICAS ")


def run_id_of(reply: Any) -> str:
    text = reply.decode() if isinstance(reply, bytes) else str(reply)
    for line in text.splitlines():
        if line.startswith("run_id:"):
            return line.removeprefix("run_id:").strip()
    return ""


def with_run_id(connection: AbstractConnection, command: Command) -> Command:
    assert isinstance(connection, KnowsItsServer)
    if RUN_ID not in command:
        return command
    return tuple(connection.server_run_id if part is RUN_ID else part for part in command)


def is_outage(error: Exception) -> bool:
    """Returns whether the server cannot do it now, as against a wrong command, or one for what is not there."""
    if not isinstance(error, ResponseError) or isinstance(error, _OUTAGES):
        return True
    return str(error).partition(" ")[0] in _OUTAGE_CODES


def is_silence(error: Exception) -> bool:
    """Returns whether it was waited for in vain, be it for an answer or for a connection that is free."""
    return isinstance(error, TimeoutError | RedisTimeoutError) or isinstance(error.__cause__, TimeoutError)
