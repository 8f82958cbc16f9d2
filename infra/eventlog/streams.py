"""The event log on Redis Streams: a stream a topic, a consumer group a reader.

Redis must be persistent (``appendonly yes``) for the log to be durable; the embedded Valkey is.
"""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
import structlog
from redis.exceptions import ResponseError

from infra.errors import StoreUnavailable
from infra.eventlog.protocol import Consumer, Follower, Marker, Message, size_problem, unknown
from infra.eventlog.streams_entries import flat, message_of
from infra.eventlog.streams_follower import StreamsFollower
from infra.redis import RedisStore
from infra.redis_batch import Command
from infra.store_time import StoreTime
from infra.telemetry.conventions import Attributes, topic_attributes

log = structlog.get_logger(__name__)
_CLAIM_IDLE_MS = 5_000
_CLAIM_EVERY = 2.0
_TRIM_EVERY = 5.0


_CLUSTERED = "{log}"
"""Of a cluster, the streams are on one shard: they are read together."""


class StreamsEventLog:
    """EventLog on Redis Streams."""

    def __init__(self, redis: RedisStore, *, timeout: float) -> None:
        self._redis = redis
        self._timeout = timeout

    def attributes(self, topic: str) -> Attributes:
        return topic_attributes("redis", topic)

    def _stream(self, topic: str) -> str:
        return stream_of(self._redis, topic)

    @property
    def _server(self) -> RedisStore:
        return self._redis.at(_CLUSTERED)

    async def start(self) -> None:
        """Do nothing: the client connects by itself."""

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        """Do nothing: a stream is made by its first message."""

    async def publish(
        self,
        topic: str,
        key: str,
        value: bytes,
        *,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> None:
        pairs = [(key, value)]
        [problem] = await self.publish_many(topic, pairs, headers=headers, timeout=timeout)
        if problem is not None:
            raise problem

    async def publish_many(
        self,
        topic: str,
        messages: Sequence[tuple[str, bytes]],
        *,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> list[Exception | None]:
        problems: list[Exception | None] = [size_problem(key, value, headers) for key, value in messages]
        more = ("h", orjson.dumps(headers)) if headers else ()
        commands: list[Command] = [
            ("XADD", self._stream(topic), "*", "k", key, "v", value, *more)
            for (key, value), problem in zip(messages, problems, strict=True)
            if problem is None
        ]
        if not commands:
            return problems
        try:
            # What is published together keeps its order: one connection sends it.
            async with StoreTime(timeout or self._timeout):
                await self._redis.execute(*commands)
        except (StoreUnavailable, TimeoutError) as error:
            # The server may have run the commands before the connection broke.
            return [problem or unknown(error) for problem in problems]
        return problems

    async def subscribe(self, topics: Sequence[str], group: str) -> Consumer:
        await _ensure_groups(self._redis, [self._stream(topic) for topic in topics], group)
        return StreamsConsumer(self._redis, topics, group)

    async def follow(self, topic: str, *, again: float = 0.0) -> Follower:
        follower = StreamsFollower(self._redis, topic, self._stream(topic))
        await follower.start(again)
        return follower

    async def read_all(self, topic: str, limit: int) -> Sequence[Message]:
        async with self._redis.guard():
            entries: Any = await self._server.client.xrange(self._stream(topic), count=limit)
        return [message_of(topic, entry_id, fields) for entry_id, fields in entries]

    async def end(self, topic: str) -> Marker:
        try:
            async with self._redis.guard():
                info = await self._server.client.xinfo_stream(self._stream(topic))
        except ResponseError:
            return {"0": "0-0"}
        return {"0": info["last-generated-id"].decode()}

    async def has_read(self, topic: str, group: str, marker: Marker) -> bool:
        state = await self._group(topic, group)
        if state is None:
            return marker["0"] == "0-0"
        if _order(state["last-delivered-id"]) < _order(marker["0"].encode()):
            return False
        async with self._redis.guard():
            pending = await self._server.client.xpending(self._stream(topic), group)
        return not pending["pending"] or _order(pending["min"]) > _order(marker["0"].encode())

    async def lag(self, topic: str, group: str) -> int:
        state = await self._group(topic, group)
        if state is None:
            async with self._redis.guard():
                return int(await self._server.client.xlen(self._stream(topic)))
        return int(state["lag"] or 0) + int(state["pending"])

    async def _group(self, topic: str, group: str) -> Mapping[str, Any] | None:
        try:
            async with self._redis.guard():
                groups = await self._server.client.xinfo_groups(self._stream(topic))
        except ResponseError:
            return None
        return next((g for g in groups if g["name"] == group.encode()), None)

    async def ping(self) -> None:
        try:
            await self._redis.ping()
        except StoreUnavailable as error:
            raise StoreUnavailable("event_log") from error

    async def close(self) -> None:
        """Do nothing: the client belongs to RedisStore."""


class StreamsConsumer:
    """Reads new messages, and those that a dead consumer of the group left unacknowledged."""

    def __init__(self, redis: RedisStore, topics: Sequence[str], group: str) -> None:
        self._redis = redis
        self._topics = {stream_of(redis, topic).encode(): topic for topic in topics}
        self._group = group
        self._name = f"{socket.gethostname()}:{os.getpid()}:{id(self):x}"
        self._next_claim = 0.0
        self._next_trim = time.monotonic() + _TRIM_EVERY

    @property
    def _server(self) -> RedisStore:
        return self._redis.at(_CLUSTERED)

    async def fetch(self, limit: int, wait: float) -> Sequence[Message]:
        try:
            return await self._fetch(limit, wait)
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            # Redis lost its memory, and the log with it: read what comes from now on.
            log.warning("event_log.lost", group=self._group)
            await _ensure_groups(self._redis, list(self._topics), self._group)
            return []

    async def _fetch(self, limit: int, wait: float) -> Sequence[Message]:
        if time.monotonic() >= self._next_claim:
            claimed = await self._claim(limit)
            if claimed:
                return claimed
            self._next_claim = time.monotonic() + _CLAIM_EVERY
        return await self._read_new(limit, wait)

    async def _read_new(self, limit: int, wait: float) -> list[Message]:
        streams = dict.fromkeys(self._topics, ">")
        async with self._redis.guard(wait + self._redis.timeout, store="event_log"):
            reply = await self._server.blocking.xreadgroup(
                self._group,
                self._name,
                streams,  # type: ignore[arg-type]
                count=limit,
                block=max(1, int(wait * 1000)),
            )
        pairs: Any = reply.items() if isinstance(reply, Mapping) else reply
        return [
            message_of(self._topics[bytes(stream)], entry_id, fields)
            for stream, entries in pairs
            for entry_id, fields in flat(entries)
        ]

    async def _claim(self, limit: int) -> list[Message]:
        found: list[Message] = []
        async with self._redis.guard():
            for stream, topic in self._topics.items():
                reply = await self._server.client.xautoclaim(
                    stream, self._group, self._name, min_idle_time=_CLAIM_IDLE_MS, count=limit
                )
                found += [message_of(topic, entry_id, fields) for entry_id, fields in reply[1] if fields]
        return found

    async def commit(self, messages: Sequence[Message]) -> None:
        by_stream: dict[str, list[str]] = {}
        for message in messages:
            by_stream.setdefault(stream_of(self._redis, message.topic), []).append(message.position)
        async with self._redis.guard():
            for stream, positions in by_stream.items():
                await self._server.client.xack(stream, self._group, *positions)
            if time.monotonic() >= self._next_trim:
                self._next_trim = time.monotonic() + _TRIM_EVERY
                with suppress(ResponseError):  # the stream is gone
                    await self._trim()

    async def _trim(self) -> None:
        """Drop what every group has acknowledged; a length limit could drop what nobody has read yet."""
        for stream in self._topics:
            read_to = [await self._read_to(stream, g) for g in await self._server.client.xinfo_groups(stream)]
            if read_to:
                await self._server.client.xtrim(stream, minid=min(read_to, key=_order), approximate=True)

    async def _read_to(self, stream: bytes, group: Mapping[str, Any]) -> bytes:
        if not group["pending"]:
            return bytes(group["last-delivered-id"])
        pending = await self._server.client.xpending(stream, group["name"])
        return bytes(pending["min"] or b"0-0")

    async def close(self) -> None:
        """Leave the group; what was not acknowledged stays claimable by deleting nothing that is pending."""
        async with self._redis.guard():
            for stream in self._topics:
                if not await self._server.client.exists(stream):
                    continue
                consumers = await self._server.client.xinfo_consumers(stream, self._group)
                mine = next((c for c in consumers if c["name"] == self._name.encode()), None)
                if mine is not None and not mine["pending"]:
                    await self._server.client.xgroup_delconsumer(stream, self._group, self._name)


def stream_of(redis: RedisStore, topic: str) -> str:
    """Returns the name of the topic's stream."""
    return f"{_CLUSTERED}:{topic}" if redis.is_cluster else f"log:{topic}"


async def _ensure_groups(redis: RedisStore, streams: Sequence[str | bytes], group: str) -> None:
    async with redis.guard():
        for stream in streams:
            try:
                await redis.at(_CLUSTERED).client.xgroup_create(stream, group, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise


def _order(entry_id: bytes) -> tuple[int, int]:
    millis, _, sequence = entry_id.partition(b"-")
    return int(millis), int(sequence or b"0")
