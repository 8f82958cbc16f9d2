"""Rate limits: a GCRA in Redis, shared by all processes, with a small free allowance that asks nobody.

A process lets the first requests of a key pass by its own count; only a key that comes more often costs a
round trip. So the whole limit is at most the configured one plus the allowance of each process.
"""

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import structlog

from infra.errors import StoreUnavailable
from infra.redis import RedisStore

log = structlog.get_logger(__name__)

_SCRIPT = Path(__file__).parent / "lua" / "gcra.lua"
_PATTERN = re.compile(r"(\d+)/(\d+)s", re.ASCII)
_MOST_KEYS = 50_000
_SHARE = 4


class RateLimited(Exception):
    """``retry_after_ms``: when the same would be allowed, if nothing else comes."""

    def __init__(self, limit: str, retry_after_ms: int) -> None:
        super().__init__(f"over the limit {limit}")
        self.limit = limit
        self.retry_after_ms = retry_after_ms


@dataclass(frozen=True, slots=True)
class Limit:
    """``count`` in ``seconds``, which may all come at once."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """From ``30/60s``. Errors: ValueError."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None or not int(match[1]) or not int(match[2]):
            raise ValueError(f"{text!r} is not a limit such as 30/60s")
        return cls(int(match[1]), int(match[2]))

    @property
    def free(self) -> int:
        """What one process lets pass by its own count in one period."""
        return self.count // _SHARE


class RateLimiter:
    """Limits of this process. When Redis is away, everything passes: its own count is no fair judge."""

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    async def spend(self, name: str, key: str, limit: Limit, cost: int = 1) -> None:
        """Count one request of ``key`` (an IP, an account) towards the limit ``name``. Errors: RateLimited."""
        bucket = f"rate:{{{name}:{key}}}"
        if self._is_free(bucket, limit, cost):
            return
        try:
            async with self._redis.guard():
                allowed, wait = await self._redis.script(_SCRIPT)(
                    keys=[bucket], args=[limit.seconds * 1000 / limit.count, limit.count, cost]
                )
        except StoreUnavailable:
            log.warning("rate_limit.unavailable", limit=name)
            return
        if not allowed:
            raise RateLimited(name, int(wait))

    def _is_free(self, bucket: str, limit: Limit, cost: int) -> bool:
        now = time.monotonic()
        ends, count = self._seen.get(bucket, (0.0, 0))
        if ends <= now:
            ends, count = now + limit.seconds, 0
        count += cost
        self._seen[bucket] = (ends, count)
        self._seen.move_to_end(bucket)
        if len(self._seen) > _MOST_KEYS:
            self._seen.popitem(last=False)
        return count <= limit.free
