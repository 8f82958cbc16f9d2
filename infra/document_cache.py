"""Documents kept in Redis in front of the database.

Three races are closed here:

* *Many readers miss at once.* Of the tasks of a process one fills, the others wait for it; of the
  processes the one that gets a short lock fills, the others look again and then read for themselves.
* *A reader fills with what it read before a writer's commit.* A fill never overwrites (SET NX), and
  ``forget`` leaves a tombstone that outlives such a read, instead of deleting.
* *Redis is away.* Readers go to the database, and Redis is left alone for a moment, so that a hanging
  server costs one time-out and not one a request. What could not be forgotten is forgotten on its return.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

import structlog

from infra.errors import StoreUnavailable
from infra.redis import RedisStore

log = structlog.get_logger(__name__)

Loader = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""Reads what exists of these keys from the database, with a fixed number of statements."""

_NOTHING: Final = b"null"
_TOMBSTONE: Final = b""
_NOTHING_TTL: Final = 5.0
# Longer than a read session may last, so no fill can carry a value from before the change past it.
_TOMBSTONE_TTL: Final = 5.0
_LOCK_TTL: Final = 2.0
_LOCK_WAIT: Final = 0.03
_AWAY: Final = 1.0
_MOST_OWED: Final = 100_000


@dataclass(slots=True)
class _Shared:
    """What all caches over one client share. It knows not the client, which may so be collected."""

    filling: dict[str, asyncio.Task[Mapping[str, bytes]]] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)
    away_until: float = 0.0


_shared: WeakKeyDictionary[RedisStore, _Shared] = WeakKeyDictionary()


class DocumentCache:
    """Cheap to make: fills under way are shared by all caches over the same client.

    ``ttl`` in seconds, spread by 10 % each way.
    """

    def __init__(self, redis: RedisStore, *, ttl: float) -> None:
        self._redis = redis
        self._ttl = ttl
        self._shared = _shared.setdefault(redis, _Shared())

    async def get_many(self, keys: Collection[str], load: Loader) -> dict[str, bytes]:
        """The documents that exist, from Redis or else from ``load``. Errors: what ``load`` raises."""
        wanted = list(dict.fromkeys(keys))
        cached = await self._read(wanted)
        found = {key: raw for key, raw in cached.items() if raw not in (_NOTHING, _TOMBSTONE)}
        # A tombstone is a miss that must not be filled.
        fillable = {key for key in wanted if key not in cached}
        missing = [key for key in wanted if cached.get(key, _TOMBSTONE) == _TOMBSTONE]
        if missing:
            found |= await self._fill(missing, fillable, load)
        return found

    async def put_many(self, documents: Mapping[str, bytes]) -> None:
        """Write through, after the commit. Never fails: without Redis the next reader fills."""
        self._drop_fills(documents)
        await self._attempt(self._set_all(documents))

    async def forget(self, keys: Iterable[str]) -> None:
        """Invalidate, after the commit. Never fails: what Redis did not hear now it hears on its return."""
        doomed = set(keys)
        self._drop_fills(doomed)
        if len(self._shared.owed) < _MOST_OWED:
            self._shared.owed |= doomed
        await self._attempt(self._bury(doomed))

    async def _read(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What Redis says about these keys; nothing when it is away."""
        if not keys or time.monotonic() < self._shared.away_until:
            return {}
        try:
            async with self._redis.guard():
                if self._shared.owed:
                    await self._bury(set(self._shared.owed))
                values = await self._redis.client.mget(keys)
        except StoreUnavailable:
            self._note_away()
            return {}
        return {key: value for key, value in zip(keys, values, strict=True) if isinstance(value, bytes)}

    async def _fill(self, missing: Sequence[str], fillable: Collection[str], load: Loader) -> dict[str, bytes]:
        """Join the fills under way in this process, and start one for the rest."""
        fresh = [key for key in missing if key not in self._shared.filling]
        if fresh:
            # A task of its own: when the request that started it is cut off, the others still get theirs.
            task = asyncio.create_task(self._fill_fresh(fresh, fillable, load))
            self._shared.filling.update(dict.fromkeys(fresh, task))
            task.add_done_callback(lambda done: self._end_fill(fresh, done))
        tasks = {self._shared.filling[key] for key in missing}
        results = [await asyncio.shield(task) for task in tasks]
        return {key: result[key] for result in results for key in missing if key in result}

    def _end_fill(self, keys: Iterable[str], task: asyncio.Task[Mapping[str, bytes]]) -> None:
        for key in keys:
            if self._shared.filling.get(key) is task:
                del self._shared.filling[key]
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits any more

    async def _fill_fresh(
        self, keys: Sequence[str], fillable: Collection[str], load: Loader
    ) -> Mapping[str, bytes]:
        locked, elsewhere = await self._lock([key for key in keys if key in fillable])
        found = await self._await_others(elsewhere) if elsewhere else {}
        rest = [key for key in keys if key not in found]
        loaded = await load(rest) if rest else {}
        if locked:
            await self._attempt(self._set_missing({key: loaded.get(key) for key in locked}))
        return {key: raw for key, raw in {**found, **loaded}.items() if raw != _NOTHING}

    async def _lock(self, keys: Sequence[str]) -> tuple[list[str], list[str]]:
        """The keys that are ours to fill, and those that another process fills. Without Redis: neither."""
        if not keys or time.monotonic() < self._shared.away_until:
            return [], []
        pipeline = self._redis.client.pipeline(transaction=False)
        for key in keys:
            pipeline.set(_lock_key(key), b"1", nx=True, px=int(_LOCK_TTL * 1000))
        try:
            async with self._redis.guard():
                got = await pipeline.execute()
        except StoreUnavailable:
            self._note_away()
            return [], []
        pairs = list(zip(keys, got, strict=True))
        return [key for key, ours in pairs if ours], [key for key, ours in pairs if not ours]

    async def _await_others(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What another process has filled after a moment; its delay must not become ours."""
        await asyncio.sleep(_LOCK_WAIT)
        cached = await self._read(keys)
        return {key: raw for key, raw in cached.items() if raw != _TOMBSTONE}

    async def _set_missing(self, documents: Mapping[str, bytes | None]) -> None:
        # The lock may have run out and be another's by now: deleting it then costs one more fill, no more.
        pipeline = self._redis.client.pipeline(transaction=False)
        for key, raw in documents.items():
            pipeline.set(key, _NOTHING if raw is None else raw, nx=True, px=self._lifetime(raw))
        pipeline.delete(*map(_lock_key, documents))
        await pipeline.execute()

    async def _set_all(self, documents: Mapping[str, bytes]) -> None:
        pipeline = self._redis.client.pipeline(transaction=False)
        for key, raw in documents.items():
            pipeline.set(key, raw, px=self._lifetime(raw))
        await pipeline.execute()
        self._shared.owed.difference_update(documents)

    async def _bury(self, keys: Collection[str]) -> None:
        pipeline = self._redis.client.pipeline(transaction=False)
        for key in keys:
            pipeline.set(key, _TOMBSTONE, px=int(_TOMBSTONE_TTL * 1000))
        await pipeline.execute()
        self._shared.owed.difference_update(keys)

    async def _attempt(self, command: Awaitable[None]) -> None:
        try:
            async with self._redis.guard():
                await command
        except StoreUnavailable:
            self._note_away()

    def _drop_fills(self, keys: Iterable[str]) -> None:
        """A reader that comes after a change must not join a fill from before it."""
        for key in keys:
            self._shared.filling.pop(key, None)

    def _lifetime(self, raw: bytes | None) -> int:
        """Milliseconds to live, spread so that what was filled together does not expire together."""
        seconds = _NOTHING_TTL if raw is None else self._ttl * random.uniform(0.9, 1.1)  # noqa: S311 - jitter
        return max(1, int(seconds * 1000))

    def _note_away(self) -> None:
        self._shared.away_until = time.monotonic() + _AWAY
        log.warning("cache.away", seconds=_AWAY, owed=len(self._shared.owed))


def _lock_key(key: str) -> str:
    return f"{key}:lock"
