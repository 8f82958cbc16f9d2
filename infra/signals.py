"""Signals between processes: "this has changed, look again", through one Redis channel.

A signal is an id and nothing else; who watches the id reads the state where it is kept. So none needs to be
kept: a watcher that missed one, because Redis was away, looks again when the channel is back, and once in a while
anyway.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.read_together import Load, ReadTogether
from infra.redis import RedisStore

log = structlog.get_logger(__name__)

K = TypeVar("K")
V = TypeVar("V")

CHANNEL = "live"
_ID_BYTES = 16
# What changes in this time after a message is told in the next one.
_GATHER = 0.1
_RETRY = 0.5
_HEALTH_CHECK = 5.0
# All watchers look again when the channel is back, but not in the same instant.
_SPREAD = 2.0


class Watch:
    """One who watches an id. Signals that come while it is busy are one signal."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def wake(self) -> None:
        self._changed.set()

    async def changed(self, within: float) -> bool:
        """Wait for a signal; False when none came in so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._changed.wait()
        was = self._changed.is_set()
        self._changed.clear()
        return was


class Signals:
    """The process's end of the channel. It listens only while somebody watches."""

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis
        self._watches: dict[UUID, set[Watch]] = defaultdict(set)
        self._listening: asyncio.Task[None] | None = None
        self._unsent: set[UUID] = set()
        self._sending: asyncio.Task[None] | None = None
        self._readers: dict[str, ReadTogether[Any, Any]] = {}

    def send(self, ids: Iterable[UUID]) -> None:
        """Tell everyone who watches one of these, soon. Never fails, costs the caller next to nothing."""
        self._unsent.update(ids)
        if self._unsent and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send())

    @contextmanager
    def watch(self, id_: UUID) -> Iterator[Watch]:
        watch = Watch()
        self._watches[id_].add(watch)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        try:
            yield watch
        finally:
            self._watches[id_].discard(watch)
            if not self._watches[id_]:
                del self._watches[id_]

    def watchers(self, id_: UUID) -> int:
        """Count how many watch this id in this process."""
        return len(self._watches.get(id_, ()))

    def together(self, name: str, load: Load[K, V]) -> ReadTogether[K, V]:
        """Returns the process's reader of that name; ``load`` is that of the first caller."""
        if name not in self._readers:
            self._readers[name] = ReadTogether(load)
        return self._readers[name]

    async def close(self) -> None:
        await cancel_and_wait(*(task for task in (self._sending, self._listening) if task is not None))
        if self._unsent:
            await self._publish()
        for reader in self._readers.values():
            await reader.close()

    async def _send(self) -> None:
        while self._unsent:
            await self._publish()
            await asyncio.sleep(_GATHER)

    async def _publish(self) -> None:
        payload = b"".join(id_.bytes for id_ in self._unsent)
        self._unsent.clear()
        try:
            # Of a cluster, the servers of one shard alone are told.
            await self._redis.execute(("SPUBLISH" if self._redis.is_cluster else "PUBLISH", CHANNEL, payload))
        except StoreUnavailable:
            log.debug("signals.unsent", ids=len(payload) // _ID_BYTES)

    async def _listen(self) -> None:
        while self._watches:
            pubsub = self._redis.at(CHANNEL).blocking.pubsub(ignore_subscribe_messages=True)
            try:
                async with asyncio.timeout(self._redis.timeout):
                    await (pubsub.ssubscribe if self._redis.is_cluster else pubsub.subscribe)(CHANNEL)
                self._wake_everyone()
                await self._follow(pubsub)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("signals.interrupted", error=type(error).__name__)
                await asyncio.sleep(_RETRY)
            finally:
                with suppress(RedisError, OSError, TimeoutError):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _follow(self, pubsub: PubSub) -> None:
        # A slot that moves takes the subscription away.
        while self._watches and pubsub.subscribed:
            message = await pubsub.get_message(timeout=_HEALTH_CHECK)
            if message is None:
                # A server that was stopped, or cut off, says nothing either.
                async with asyncio.timeout(self._redis.timeout):
                    await pubsub.ping()
            elif isinstance(message["data"], bytes):
                self._wake(message["data"])

    def _wake(self, payload: bytes) -> None:
        for place in range(0, len(payload) - _ID_BYTES + 1, _ID_BYTES):
            for watch in self._watches.get(UUID(bytes=payload[place : place + _ID_BYTES]), ()):
                watch.wake()

    def _wake_everyone(self) -> None:
        """What was said before was not heard."""
        loop = asyncio.get_running_loop()
        for watches in self._watches.values():
            for watch in watches:
                loop.call_later(random.uniform(0, _SPREAD), watch.wake)  # noqa: S311 - no secret
