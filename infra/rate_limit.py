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
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._own = OwnCount()

    async def spend(self, name: str, key: str, limit: Limit, *, units: int = 1, exact: bool = False) -> None:
        """Count what ``key`` (an IP, an account) does towards the limit ``name``.

        ``units``: as much as so many requests; more than the limit has at all are as many as it has. ``exact``: no
        free allowance, all is counted in Redis. Errors: RateLimited.
        """
        bucket, units = _bucket(name, key), min(units, limit.count)
        if not exact and self._is_free(bucket, limit, units):
            return
        wait = await self._ask(name, bucket, limit, units)
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

    def _is_free(self, bucket: str, limit: Limit, units: int) -> bool:
        now = time.monotonic()
        ends, count = self._seen.get(bucket, (0.0, 0))
        if ends <= now:
            ends, count = now + limit.seconds, 0
        count += units
        self._seen[bucket] = (ends, count)
        self._seen.move_to_end(bucket)
        if len(self._seen) > _MOST_KEYS:
            self._seen.popitem(last=False)
        return count <= limit.free

    async def forgive(self, name: str, key: str) -> None:
        """Forget what ``key`` has spent (a password was right in the end)."""
        self._own.take(_bucket(name, key))
        if time.monotonic() < self._asks_again:
            return
        try:
            async with self._redis.guard():
                await self._redis.client.delete(_bucket(name, key))
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
