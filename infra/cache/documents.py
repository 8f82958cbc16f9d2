"""Documents kept in Redis in front of the database: the level that all processes share.

What goes wrong with such caches, and what is done here about it:

* *Many readers miss at once.* Of the tasks of a process one fills and the others wait for it; of the processes the
  one that gets a short lock fills, the others look again until it has.
* *A popular entry ends.* Some reader refills it ahead of its end, see ``Entry.is_due``; lives are spread.
* *A slow filler.* A fill replaces only the very entry that was seen before the database was read (fill.lua), and
  an invalidation leaves a tombstone, which is another entry. So no fill can undo what came meanwhile.
* *Redis is away.* Readers go to the database, through a gate; Redis is left alone for a moment, so that a hanging
  server costs one time-out and not one a request. What could not be forgotten is forgotten on its return.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog

from infra.cache.entry import ABSENT, DOCUMENT, HEAD_BYTES, NO_EPOCH, NOTHING, TOMBSTONE, make
from infra.cache.gate import Gate
from infra.cache.jitter import spread
from infra.cache.look import Look
from infra.cache.names import entry_name, lock_name
from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.redis import LuaScript, RedisStore
from infra.telemetry.counters import Counters

log = structlog.get_logger(__name__)

Loader = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""Reads what exists of these keys from the database, with a fixed number of statements."""

_FILL: Final = LuaScript.read(Path(__file__).parents[1] / "lua" / "fill.lua")
_EPOCH: Final = "cache:epoch"
_NOTHING_TTL: Final = 5.0
# Longer than a fill may take, so no fill can carry a value from before the change past it.
_TOMBSTONE_TTL: Final = 15.0
_LOCK_TTL: Final = 2.0
_LOCK_WAIT: Final = 0.15
_FIRST_LOOK: Final = 0.01
_AWAY: Final = 1.0
_MOST_OWED: Final = 100_000
_CHUNK: Final = 1_000


@dataclass(slots=True)
class _Shared:
    """What all caches over one client share. It knows not the client, which may so be collected."""

    filling: dict[str, asyncio.Task[Mapping[str, bytes]]] = field(default_factory=dict)
    refreshing: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)
    away_until: float = 0.0


_shared: WeakKeyDictionary[RedisStore, _Shared] = WeakKeyDictionary()


class DocumentCache:
    """Cheap to make: fills under way are shared by all caches over the same client.

    ``ttl`` in seconds. ``schema`` is the payloads' version: an old and a new server do not read each other's
    entries, and yet invalidate them. Keys are tags of ``Hearing``; in Redis they are prefixed with ``doc:``.
    """

    def __init__(
        self,
        redis: RedisStore,
        *,
        ttl: float,
        schema: int = 0,
        gate: Gate | None = None,
        counters: Counters | None = None,
    ) -> None:
        self._redis = redis
        self._ttl = ttl
        self._schema = schema
        self._gate = gate
        self._counters = counters or Counters()
        self._shared = _shared.setdefault(redis, _Shared())

    async def get_many(self, keys: Collection[str], load: Loader) -> dict[str, bytes]:
        """Get the documents that exist, from Redis or else from ``load``.

        Errors: what ``load`` raises; StoreUnavailable when too many read the database already.
        """
        wanted = list(dict.fromkeys(keys))
        look = await self._look(wanted)
        found = look.documents()
        missing = look.missing(wanted)
        self._count(look.entries, "hits")
        self._count(missing, "misses")
        self._refresh_early(look, load)
        if missing:
            found |= await self._fill(missing, look, load)
        return found

    async def forget(self, keys: Iterable[str]) -> None:
        """Invalidate, after the commit. Never fails: what Redis did not hear now it hears on its return."""
        doomed = set(keys)
        self.drop_fills(doomed)
        if len(self._shared.owed) < _MOST_OWED:
            self._shared.owed |= doomed
        if time.monotonic() < self._shared.away_until:
            return
        try:
            await self.forget_or_raise(doomed)
        except StoreUnavailable:
            self._note_away()

    async def forget_or_raise(self, keys: Iterable[str]) -> None:
        """Forget as ``forget``, told when it fails. Errors: StoreUnavailable."""
        doomed = list(keys)
        for start in range(0, len(doomed), _CHUNK):
            chunk = doomed[start : start + _CHUNK]
            stone = make(TOMBSTONE, b"", schema=self._schema, epoch=NO_EPOCH, life=_TOMBSTONE_TTL, cost=0)
            await self._redis.execute(
                *(("SET", entry_name(key), stone, "PX", int(_TOMBSTONE_TTL * 1000)) for key in chunk)
            )
            self._shared.owed.difference_update(chunk)

    async def forget_all(self) -> None:
        """Make every entry one of the past from now on. Errors: StoreUnavailable."""
        self._shared.filling.clear()
        await self._redis.execute(("SET", _EPOCH, os.urandom(8)))

    def drop_fills(self, keys: Iterable[str] | None) -> None:
        """Drop fills under way: a reader that comes after a change must not join one from before it.

        None: of no key.
        """
        if keys is None:
            self._shared.filling.clear()
            return
        for key in keys:
            self._shared.filling.pop(key, None)

    async def close(self) -> None:
        """End what is under way; nobody waits for it any more."""
        await cancel_and_wait(*{*self._shared.filling.values(), *self._shared.refreshing.values()})

    # ------------------------------------------------------------------ reading

    async def _look(self, keys: Sequence[str]) -> Look:
        """Look what Redis says about these keys; nothing when it is away."""
        if time.monotonic() < self._shared.away_until:
            return Look(away=True)
        try:
            if self._shared.owed:
                await self.forget_or_raise(set(self._shared.owed))
            values = await self._redis.get_many([_EPOCH, *map(entry_name, keys)])
            epoch = values[0] or await self._begin_epoch()
        except StoreUnavailable:
            self._note_away()
            return Look(away=True)
        return Look.of(keys, values[1:], self._schema, epoch)

    async def epoch(self) -> bytes:
        """Returns the epoch; it is another once everything was forgotten. Errors: StoreUnavailable."""
        [found] = await self._redis.execute(("GET", _EPOCH))
        return found or await self._begin_epoch()

    async def _begin_epoch(self) -> bytes:
        mine = os.urandom(8)
        [earlier] = await self._redis.execute(("SET", _EPOCH, mine, "NX", "GET"))
        return earlier or mine

    def _refresh_early(self, look: Look, load: Loader) -> None:
        now = time.time()
        refreshing = self._shared.refreshing
        due = [key for key, entry in look.entries.items() if entry.is_due(now) and key not in refreshing]
        if due:
            task = asyncio.create_task(self._refresh(due, look, load))
            refreshing.update(dict.fromkeys(due, task))

    async def _refresh(self, keys: Sequence[str], look: Look, load: Loader) -> None:
        token = os.urandom(8)
        try:
            ours, _ = await self._lock(keys, token)
            if ours:
                self._count(ours, "early")
                await self._load_and_store(ours, look, load, token)
        except Exception as error:
            # The entry has some time left, and the next reader tries again.
            log.info("cache.not_refreshed", error=type(error).__name__)
        finally:
            for key in keys:
                del self._shared.refreshing[key]

    # ------------------------------------------------------------------ filling

    async def _fill(self, missing: Sequence[str], look: Look, load: Loader) -> dict[str, bytes]:
        """Join the fills under way in this process, and start one for the rest."""
        fresh = [key for key in missing if key not in self._shared.filling]
        if fresh:
            # A task of its own: when the request that started it is cut off, the others still get theirs.
            task = asyncio.create_task(self._fill_fresh(fresh, look, load))
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

    async def _fill_fresh(self, keys: Sequence[str], look: Look, load: Loader) -> Mapping[str, bytes]:
        """Fill what no other process fills, and wait a while for the rest."""
        token, found = os.urandom(8), dict[str, bytes]()
        give_up = time.monotonic() + _LOCK_WAIT
        pause = _FIRST_LOOK
        while not look.away:
            ours, elsewhere = await self._lock(keys, token)
            if ours:
                found |= await self._load_and_store(ours, look, load, token)
            keys = elsewhere
            if not keys or time.monotonic() > give_up:
                break
            await asyncio.sleep(pause)
            pause *= 2
            look = await self._look(keys)
            found |= look.documents()
            keys = look.missing(keys)
        # The other is slow, or dead; or Redis is away. Its trouble must not become ours.
        if keys:
            found |= await self._load(keys, load)
        return found

    async def _load_and_store(
        self, keys: Sequence[str], look: Look, load: Loader, token: bytes
    ) -> Mapping[str, bytes]:
        begun = time.monotonic()
        loaded = await self._load(keys, load)
        await self._store({key: loaded.get(key) for key in keys}, look, token, time.monotonic() - begun)
        return loaded

    async def _load(self, keys: Sequence[str], load: Loader) -> Mapping[str, bytes]:
        self._count(keys, "fills")
        if self._gate is None:
            return await load(keys)
        async with self._gate.turn():
            return await load(keys)

    async def _lock(self, keys: Sequence[str], token: bytes) -> tuple[list[str], list[str]]:
        """Lock the keys; returns those that are ours to fill, and those that another process fills.

        Without Redis: neither.
        """
        if not keys:
            return [], []
        commands = [("SET", lock_name(key), token, "NX", "PX", int(_LOCK_TTL * 1000)) for key in keys]
        try:
            got = await self._redis.execute(*commands)
        except StoreUnavailable:
            self._note_away()
            return [], list(keys)
        pairs = list(zip(keys, got, strict=True))
        return [key for key, ours in pairs if ours], [key for key, ours in pairs if not ours]

    async def _store(self, documents: Mapping[str, bytes | None], look: Look, token: bytes, cost: float) -> None:
        """Never fails: what was read is good for this reader in any case."""
        names = list(documents)
        commands = [self._fill_command(key, documents[key], look, token, cost) for key in names]
        try:
            written = await self._redis.run_script_many(_FILL, commands)
        except StoreUnavailable:
            self._note_away()
            return
        self._count([key for key, done in zip(names, written, strict=True) if not done], "stale")

    def _fill_command(
        self, key: str, raw: bytes | None, look: Look, token: bytes, cost: float
    ) -> tuple[Sequence[str], Sequence[Any]]:
        life = _NOTHING_TTL if raw is None else spread(self._ttl)
        kind = NOTHING if raw is None else DOCUMENT
        entry = make(kind, raw or b"", schema=self._schema, epoch=look.epoch, life=life, cost=cost)
        seen = look.heads.get(key, ABSENT)
        return (entry_name(key), lock_name(key)), (seen, entry, max(1, int(life * 1000)), token, HEAD_BYTES)

    def _count(self, keys: Iterable[str], what: str) -> None:
        for key in keys:
            self._counters.add(key.partition(":")[0], what)

    def _note_away(self) -> None:
        self._shared.away_until = time.monotonic() + _AWAY
        log.warning("cache.away", seconds=_AWAY, owed=len(self._shared.owed))
