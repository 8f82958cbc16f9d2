"""A Redis Cluster: a client with a batcher for each primary, chosen by the slot of what is asked for.

What a server sends elsewhere goes there, within the time that an answer may take: MOVED is believed, and the slots
are asked for again; ASK is followed once; TRYAGAIN, CLUSTERDOWN, a demoted primary and one that is gone are asked
again until the time is up, each time with the slots as they are then. A command must be one that may run twice.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextvars import Context
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from redis.exceptions import AskError, ClusterDownError, MovedError, NoScriptError, ResponseError, TryAgainError

from infra.errors import StoreUnavailable
from infra.redis import LuaScript, RedisStore
from infra.redis_batch import Command
from infra.redis_connection import is_not_the_primary
from infra.redis_slots import SLOTS, Address, SlotRange, key_of, read_slots, seeds_of, slot_of, tag_of, url_at
from infra.store_time import is_silent

log = structlog.get_logger(__name__)
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.1
_AWAY: Final = 0.25
"""Seconds in which one that did not answer is asked for nothing: what others are asked for must not wait."""
_LATER: Final = (TryAgainError, ClusterDownError, StoreUnavailable)


class RedisCluster(RedisStore):
    """``client`` and ``blocking`` are of no server: ask for one by ``at``."""

    is_cluster = True

    def __init__(self, dsn: str, *, timeout: float) -> None:
        self.dsn = dsn
        self.timeout = timeout
        self._scripts = set()
        self._in_trouble = self._find_soon
        self._parts = urlsplit(dsn)
        user, at, _ = self._parts.netloc.rpartition("@")
        self._user = f"{user}{at}"
        self._known: dict[Address, RedisStore] = {}
        self._seeds = [self._server(address, url) for address, url in seeds_of(dsn)]
        self._by_slot: list[RedisStore] = []
        self._primaries: tuple[RedisStore, ...] = ()
        self._finding: asyncio.Task[None] | None = None
        self._closed = False
        self._away: dict[RedisStore, float] = {}
        self.attributes = self._seeds[0].attributes

    def _server(self, address: Address, url: str | None = None) -> RedisStore:
        if address not in self._known:
            url = url or url_at(self._parts, self._user, address)
            self._known[address] = RedisStore(url, timeout=self.timeout, in_trouble=self._find_soon)
        return self._known[address]

    def at(self, key: str) -> RedisStore:
        return self._at_slot(slot_of(key))

    def _at_slot(self, slot: int) -> RedisStore:
        return self._by_slot[slot] if self._by_slot else self._seeds[0]

    def servers(self) -> Sequence[RedisStore]:
        return self._primaries or self._seeds

    # ------------------------------------------------------------------ who has which slots

    async def start(self) -> None:
        await self._find()

    def _find_soon(self) -> None:
        if not self._closed and (self._finding is None or self._finding.done()):
            # For all who ask: not with what one of them has waited for.
            self._finding = asyncio.create_task(self._find_now(), context=Context())

    async def _find(self) -> None:
        """Find who has which slots by now; as it was known, when nobody tells."""
        self._find_soon()
        if self._finding is not None:
            await asyncio.shield(self._finding)

    async def _find_now(self) -> None:
        candidates = list(dict.fromkeys([*self._primaries, *self._seeds, *self._known.values()]))
        asking = {asyncio.create_task(self._ask_slots(server)) for server in candidates}
        try:
            for answer in asyncio.as_completed(asking, timeout=self.timeout):
                if ranges := await answer:
                    self._take(ranges)
                    return
        except TimeoutError:
            pass
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        log.warning("redis.cluster_not_found", asked=len(candidates))

    async def _ask_slots(self, server: RedisStore) -> list[SlotRange]:
        """Returns nothing when it does not answer, or is cut off from the others."""
        state, reply = await server.ask(("CLUSTER", "INFO"), ("CLUSTER", "SLOTS"))
        if isinstance(reply, Exception) or isinstance(state, Exception) or b"cluster_state:ok" not in state:
            return []
        kwargs = server.client.connection_pool.connection_kwargs
        return read_slots(reply, (str(kwargs["host"]), int(kwargs["port"])))

    def _take(self, ranges: Sequence[SlotRange]) -> None:
        by_slot: list[RedisStore] = [self._seeds[0]] * SLOTS
        found: dict[RedisStore, list[tuple[int, int]]] = {}
        for one in ranges:
            server = self._server(one.primary)
            by_slot[one.first : one.last + 1] = [server] * (one.last + 1 - one.first)
            found.setdefault(server, []).append((one.first, one.last))
        if tuple(found) != self._primaries:
            log.info("redis.cluster_found", primaries=len(found))
        for server, own in found.items():
            if server.slots != sorted(own):
                server.slots, server.tag = sorted(own), tag_of(own)
        self._by_slot, self._primaries = by_slot, tuple(found)

    # ------------------------------------------------------------------ commands

    async def ask(self, *commands: Command) -> list[Any]:
        if not self._by_slot:
            await self._find()
        slots = [slot_of(key_of(command)) for command in commands]
        found: list[Any] = [None] * len(commands)
        left: Sequence[int] = range(len(commands))
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        # Who has waited for one of these servers already does not wait for its successor either.
        waited = any(is_silent(self._at_slot(slot).dsn) for slot in slots)
        until = loop.time() + (0.0 if waited else self.timeout)
        while left := await self._round(commands, slots, left, found):
            if loop.time() + pause > until:
                break
            if not all(isinstance(found[place], MovedError) for place in left):
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                await self._find()
        for place in left:
            found[place] = _unavailable(found[place])
        return found

    async def _round(
        self, commands: Sequence[Command], slots: Sequence[int], left: Sequence[int], found: list[Any]
    ) -> list[int]:
        """Ask what is left of each of its servers; returns what is to be asked again."""
        by_server: dict[RedisStore, list[int]] = {}
        for place in left:
            by_server.setdefault(self._at_slot(slots[place]), []).append(place)
        if len(by_server) == 1:
            [(server, places)] = by_server.items()
            answers = [await self._ask_one(server, [commands[place] for place in places])]
        else:
            asking = (
                self._ask_one(server, [commands[at] for at in places]) for server, places in by_server.items()
            )
            answers = await asyncio.gather(*asking)
        again = []
        for places, replies in zip(by_server.values(), answers, strict=True):
            for place, reply in zip(places, replies, strict=True):
                found[place] = reply
                if isinstance(reply, Exception) and await self._is_for_later(commands, slots, place, found):
                    again.append(place)
        return again

    async def _ask_one(self, server: RedisStore, commands: Sequence[Command]) -> list[Any]:
        if self._away and self._away.get(server, 0.0) > time.monotonic():
            return [_Away("redis")] * len(commands)
        replies = await server.ask(*commands)
        if isinstance(replies[0], StoreUnavailable):
            self._away[server] = time.monotonic() + _AWAY
        elif self._away:
            self._away.pop(server, None)
        return replies

    async def _is_for_later(
        self, commands: Sequence[Command], slots: Sequence[int], place: int, found: list[Any]
    ) -> bool:
        error = found[place]
        if isinstance(error, MovedError):
            if self._by_slot:
                self._by_slot[slots[place]] = self._server((error.host, error.port))
            return True
        server = self._at_slot(slots[place])
        if isinstance(error, AskError):
            server = self._server((error.host, error.port))
            _, found[place] = await server.ask(("ASKING",), commands[place])
            error = found[place]
        if isinstance(error, NoScriptError):
            return await self._teach(server, str(commands[place][1]))
        if isinstance(error, _Away):
            return False
        return isinstance(error, _LATER) or (isinstance(error, ResponseError) and is_not_the_primary(error))

    async def _teach(self, server: RedisStore, sha: str) -> bool:
        """Load a script where it is not known, as one that has just taken over. Returns whether it is ours."""
        texts = [script.text for script in self._scripts if script.sha == sha]
        await server.ask(*(("SCRIPT", "LOAD", text) for text in texts))
        return bool(texts)

    async def get_many(self, keys: Sequence[str]) -> list[Any]:
        return await self.execute(*(("GET", key) for key in keys))

    async def load(self, *scripts: LuaScript) -> None:
        loading = (server.load(*scripts) for server in self.servers())
        for problem in await asyncio.gather(*loading, return_exceptions=True):
            if isinstance(problem, BaseException) and not isinstance(problem, StoreUnavailable):
                raise problem

    async def ping(self) -> None:
        """Ask each primary for a write; those of whom none takes one are away. Errors: StoreUnavailable."""
        if not self._primaries:
            await self._find()
        found = await asyncio.gather(*(server.ping() for server in self.servers()), return_exceptions=True)
        if None not in found:
            raise StoreUnavailable("redis") from _first(found)

    async def close(self) -> None:
        self._closed = True
        if self._finding is not None:
            await asyncio.gather(self._finding, return_exceptions=True)
        await asyncio.gather(*(server.close() for server in self._known.values()))


class _Away(StoreUnavailable):
    """One that did not answer just now was not asked."""


def _first(found: Iterable[BaseException | None]) -> BaseException | None:
    return next((error for error in found if error is not None), None)


def _unavailable(error: Exception) -> StoreUnavailable:
    if isinstance(error, StoreUnavailable):
        return error
    found = StoreUnavailable("redis")
    found.__cause__ = error
    return found
