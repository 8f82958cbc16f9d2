"""Wait for what must come true, never for a fixed time."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")
POLL: Final = 0.02
_SHARE: Final = 0.05
_LONGEST_PAUSE: Final = 0.5
_MOST_PATIENCE: Final = 4.0


def patience(seconds: float) -> float:
    """Returns the seconds that are allowed, and more on a machine that has more to do than it has processors."""
    return seconds * min(_MOST_PATIENCE, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def pause_after(waited: float, looked: float = 0.0) -> float:
    """Returns the seconds until the next look: what takes long is looked at seldom, and looking is no load itself.

    ``waited`` and ``looked`` are the seconds since the first look and of the last one.
    """
    return min(_LONGEST_PAUSE, max(POLL, _SHARE * waited, 3 * looked))


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool], within: float = 30.0) -> T:
    """Look again and again until what is seen is good; returns it. Fails with the last thing seen.

    ``within`` is seconds of a machine that has nothing else to do.
    """
    begun = looking = time.monotonic()
    while not good(seen := await look()):
        now = time.monotonic()
        assert now - begun < patience(within), f"not within {within} s; last seen: {seen!r}"
        await asyncio.sleep(pause_after(now - begun, now - looking))
        looking = time.monotonic()
    return seen
