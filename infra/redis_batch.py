"""Commands of concurrent requests, sent to Redis together.

A command costs the client little; getting a connection, a write, a read and their time limits cost many times as
much. So what is asked for in one turn of the event loop shares them. Redis answers in order, so each command is as
alone as on a connection of its own: this is pipelining, no transaction.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from infra.store_time import StoreTime

Argument = str | bytes | int
Command = tuple[Argument, ...]
_TRIES = 2
# Its stub knows commands of one word only.
_pack: Callable[[Command], bytes] = pack_command  # type: ignore[assignment]


def hash_of(reply: Any) -> dict[bytes, bytes]:
    """Read a reply to HGETALL: of RESP2, a list of names and values, and of RESP3 alike."""
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))


class _Asked:
    """Commands of one caller, and what they came to: a reply or a ResponseError each."""

    __slots__ = ("commands", "replies", "result")

    def __init__(self, commands: Sequence[Command]) -> None:
        self.commands = commands
        self.replies: list[Any] = []
        self.result: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()


class Batcher:
    """``adapt`` makes of a command what is sent on this very connection.

    ``timeout`` bounds a batch in seconds from its first command on: it does not wait for the one before.
    """

    def __init__(
        self, pool: ConnectionPool, timeout: float, adapt: Callable[[AbstractConnection, Command], Command]
    ) -> None:
        self._pool = pool
        self._timeout = timeout
        self._adapt = adapt
        self._asked: list[_Asked] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def execute(self, *commands: Command) -> list[Any]:
        """Execute commands; returns the replies as Redis gives them, a ResponseError in the place of its
        command's.

        A command is sent again when the connection breaks, so it must be one that may run twice. Errors:
        TimeoutError, OSError and RedisError; it may have run all the same then.
        """
        if not commands:
            return []  # nothing would be sent, and nothing come back
        asked = _Asked(commands)
        if not self._asked:
            asyncio.get_running_loop().call_soon(self._start)
        self._asked.append(asked)
        return await asked.result

    def _start(self) -> None:
        asked, self._asked = self._asked, []
        task = asyncio.create_task(self._send(asked))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, asked: list[_Asked]) -> None:
        try:
            async with StoreTime(self._timeout):
                for attempt in range(1, _TRIES + 1):
                    try:
                        await self._exchange([one for one in asked if len(one.replies) < len(one.commands)])
                        break
                    except RedisConnectionError:
                        # A pooled connection that died with the server is worth one more try.
                        if attempt == _TRIES:
                            raise
        except Exception as error:
            for one in asked:
                if not one.result.done():
                    one.result.set_exception(error)
        finally:
            for one in asked:
                one.result.cancel()  # nothing but a cancelled batch leaves any

    async def _exchange(self, asked: list[_Asked]) -> None:
        connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            packed = [(one, self._pack(connection, one)) for one in asked]
            await connection.send_packed_command(b"".join(part for _, part in packed), check_health=False)
            for one in (one for one, part in packed if part):
                one.replies = [await _read(connection) for _ in one.commands]
                if not one.result.done():  # its caller may have given up
                    one.result.set_result(one.replies)
        finally:
            await self._pool.release(connection)

    def _pack(self, connection: AbstractConnection, one: _Asked) -> bytes:
        """Nothing when it cannot be: that is its caller's fault alone."""
        try:
            adapted = [self._adapt(connection, command) for command in one.commands]
            return b"".join(map(_pack, adapted))
        except (TypeError, ValueError) as error:
            if not one.result.done():
                one.result.set_exception(error)
            return b""

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._sending, return_exceptions=True)


async def _read(connection: AbstractConnection) -> Any:
    try:
        return await connection.read_response(timeout=math.inf)  # the batch has the time limit
    except ResponseError as error:
        return error
