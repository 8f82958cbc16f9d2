"""Rate limits: a GCRA in Redis, shared by all processes, with a small free allowance that asks nobody.

A process lets the first requests of a key pass by its own count; only a key that comes more often costs a
round trip. So the whole limit is at most the configured one plus the allowance of each process. While Redis is
away each process has the limit by itself, and what it let pass then counts when Redis is back.
"""

import math
import time
from collections import OrderedDict
from pathlib import Path

import structlog

from infra.errors import StoreUnavailable
from infra.own_count import OwnCount
from infra.redis import LuaScript, RedisStore
from settings.limit import Limit

log = structlog.get_logger(__name__)

_SCRIPT = LuaScript.read(Path(__file__).parent / "lua" / "gcra.lua")
_MOST_KEYS = 50_000
_REST = 1.0
_UNSEEN = (0.0, 0)


class RateLimited(Exception):
    """``retry_after_ms``: when the same would be allowed, if nothing else comes."""

    def __init__(self, limit: str, retry_after_ms: int) -> None:
        super().__init__(f"over the limit {limit}")
        self.limit = limit
        self.retry_after_ms = retry_after_ms


class RateLimiter:
    """Limits of all processes; of each one while Redis is away.

    ``rest``: seconds in which Redis is not asked after it was away. A request may have several limits, and each
    would wait for an answer.
    """

    def __init__(self, redis: RedisStore, *, rest: float = _REST) -> None:
        self._redis = redis
        self._rest = rest
        self._asks_again = 0.0
        self._seen: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._own = OwnCount()

    async def spend(self, name: str, key: str, limit: Limit, *, units: int = 1, exact: bool = False) -> None:
        """Count what ``key`` (an IP, an account) does towards the limit ``name``.

        ``units``: as much as so many requests; more than the limit has at all are as many as it has. ``exact``: no
        free allowance, all is counted in Redis. Errors: RateLimited.
        """
        if exact or not self.is_free(name, key, limit, units):
            await self.charge(name, key, limit, units)

    async def charge(self, name: str, key: str, limit: Limit, units: int = 1) -> None:
        """Count in Redis what is beyond the free allowance. Errors: RateLimited."""
        wait = await self._ask(name, _bucket(name, key), limit, min(units, limit.count))
        if wait:
            raise RateLimited(name, math.ceil(wait))

    async def left(self, name: str, key: str, limit: Limit) -> int:
        """Returns how much may be spent at once, as far as it was counted for all processes."""
        bucket, full = _bucket(name, key), 0.0
        if time.monotonic() >= self._asks_again:
            try:
                _, _, full = await self._redis.run_script(
                    _SCRIPT, [bucket], [_interval(limit), limit.count, 0, "0"]
                )
            except StoreUnavailable:
                self._note_outage(name)
        fuller = max(float(full), self._own.full(bucket))
        return max(0, math.floor(limit.count - fuller / (limit.seconds * 1000 / limit.count)))

    async def give_back(self, name: str, key: str, limit: Limit) -> None:
        """Undo one ``spend`` that was exact."""
        await self._ask(name, _bucket(name, key), limit, -1)

    async def _ask(self, name: str, bucket: str, limit: Limit, units: int) -> float:
        """Returns 0, or the milliseconds until it would be allowed."""
        if time.monotonic() < self._asks_again:
            return self._own.spend(bucket, limit, units)
        owed = self._own.take(bucket)
        arguments: list[str | int] = [_interval(limit), limit.count, units, f"{owed:.3f}"]
        try:
            # Counted twice when the connection breaks at that moment: that is no harm.
            _, wait, _ = await self._redis.run_script(_SCRIPT, [bucket], arguments)
        except StoreUnavailable:
            self._note_outage(name)
            self._own.give_back(bucket, owed)
            return self._own.spend(bucket, limit, units)
        return float(wait)

    def is_free(self, name: str, key: str, limit: Limit, units: int = 1) -> bool:
        """Count what ``key`` does by this process's own count; returns False when it is to be charged."""
        seen, now = self._seen, time.monotonic()
        bucket = (name, key)
        ends, count = seen.get(bucket, _UNSEEN)
        if ends <= now:
            ends, count = now + limit.seconds, 0
        count += units if units < limit.count else limit.count
        seen[bucket] = (ends, count)
        seen.move_to_end(bucket)
        if len(seen) > _MOST_KEYS:
            seen.popitem(last=False)
        return count <= limit.free

    async def forgive(self, name: str, key: str) -> None:
        """Forget what ``key`` has spent (a password was right in the end)."""
        self._own.take(_bucket(name, key))
        if time.monotonic() < self._asks_again:
            return
        try:
            await self._redis.execute(("DEL", _bucket(name, key)))
        except StoreUnavailable:
            self._note_outage(name)

    def _note_outage(self, name: str) -> None:
        log.warning("rate_limit.unavailable", limit=name)
        self._asks_again = time.monotonic() + self._rest


def _interval(limit: Limit) -> str:
    """Returns the milliseconds that one unit takes to be forgotten."""
    return str(limit.seconds * 1000 / limit.count)


def _bucket(name: str, key: str) -> str:
    return f"rate:{{{name}:{key}}}"
