"""A follower of a stream: every process reads all of it, from where it was when the process began."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError, ResponseError

from infra.errors import StoreUnavailable
from infra.eventlog.protocol import Message
from infra.eventlog.streams_entries import before, entries_of, message_of
from infra.redis import RedisStore

_PAGE = 1_000
_KEPT = timedelta(minutes=10)
_TRIM_EVERY = 60.0


class StreamsFollower:
    """The stream has no group whose position would say what may be dropped, so what is old is dropped."""

    def __init__(self, redis: RedisStore, topic: str, stream: str) -> None:
        self._redis = redis
        self._topic = topic
        self._stream = stream
        self._place = b"0-0"
        self._run_id = ""
        self._read_until: float | None = None
        self._next_trim = time.monotonic() + _TRIM_EVERY

    async def start(self, again: float) -> None:
        try:
            async with self._redis.guard():
                info = await self._redis.at(self._stream).client.xinfo_stream(self._stream)
                self._place = before(info["last-generated-id"], again)
        except ResponseError:
            self._place = b"0-0"  # there is no message yet
        self._run_id = self._redis.at(self._stream).run_id

    async def fetch(self, wait: float) -> Sequence[Message]:
        asked = time.monotonic()
        reply = await self._read(wait)
        if self._run_id != self._redis.at(self._stream).run_id:
            # The connection was renewed on the way, to a server that may have lost what came last.
            raise StoreUnavailable("event_log")
        entries = entries_of(reply)
        if entries:
            self._place = entries[-1][0]
        if len(entries) < _PAGE:
            self._read_until = asked
        if asked > self._next_trim:
            await self._trim()
        return [message_of(self._topic, entry_id, fields) for entry_id, fields in entries]

    async def _read(self, wait: float) -> Any:
        try:
            async with asyncio.timeout(wait + self._redis.timeout):
                return await self._redis.at(self._stream).blocking.xread(
                    {self._stream: self._place}, count=_PAGE, block=max(1, int(wait * 1000))
                )
        except (TimeoutError, OSError, RedisError) as error:
            raise StoreUnavailable("event_log") from error

    async def _trim(self) -> None:
        self._next_trim = time.monotonic() + _TRIM_EVERY
        async with self._redis.guard():
            oldest = await self._redis.at(self._stream).time_ms() - int(_KEPT.total_seconds() * 1000)
            await self._redis.at(self._stream).client.xtrim(self._stream, minid=str(oldest), approximate=True)

    def read_until(self) -> float | None:
        return self._read_until

    async def close(self) -> None:
        """Do nothing: the client belongs to RedisStore."""
