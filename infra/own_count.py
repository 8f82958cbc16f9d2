"""What a process counts by itself while Redis is away: the algorithm of gcra.lua, of a bounded number of keys."""

import time
from collections import OrderedDict
from typing import Final

from settings.limit import Limit

_MOST_KEYS: Final = 50_000
_ROUNDED: Final = 0.001


class OwnCount:
    """By bucket, when it will be empty again, in ms; those longest not asked for are forgotten first."""

    def __init__(self) -> None:
        self._empty_at: OrderedDict[str, float] = OrderedDict()

    def spend(self, bucket: str, limit: Limit, units: int = 1) -> float:
        """Count so many, or give one back (-1).

        Returns 0, or the milliseconds until it would be allowed: then it was not counted.
        """
        now, interval = _now(), limit.seconds * 1000 / limit.count
        full = max(self._empty_at.get(bucket, 0.0) - now, 0.0)
        wait = full - interval * (limit.count - units)
        if wait > _ROUNDED:
            return wait
        self._keep(bucket, now + max(full + interval * units, 0.0))
        return 0.0

    def full(self, bucket: str) -> float:
        """Returns how many milliseconds it takes to empty."""
        return max(0.0, self._empty_at.get(bucket, 0.0) - _now())

    def take(self, bucket: str) -> float:
        """Returns how many milliseconds it takes to empty, and forgets it: Redis is told."""
        return max(0.0, self._empty_at.pop(bucket, 0.0) - _now())

    def give_back(self, bucket: str, owed: float) -> None:
        """Remember again what was taken: Redis could not be told."""
        if owed:
            now = _now()
            self._keep(bucket, max(self._empty_at.get(bucket, 0.0), now) + owed)

    def _keep(self, bucket: str, empty_at: float) -> None:
        self._empty_at[bucket] = empty_at
        self._empty_at.move_to_end(bucket)
        if len(self._empty_at) > _MOST_KEYS:
            self._empty_at.popitem(last=False)


def _now() -> float:
    return time.monotonic() * 1000
