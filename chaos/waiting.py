"""Wait for what must come true, never for a fixed time."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")
POLL: Final = 0.02
_MOST_PATIENCE: Final = 4.0


def patience(seconds: float) -> float:
    """Returns the seconds that are allowed, and more on a machine that has more to do than it has processors."""
    return seconds * min(_MOST_PATIENCE, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool], within: float = 30.0) -> T:
    """Look again and again until what is seen is good; returns it. Fails with the last thing seen.

    ``within`` is seconds of a machine that has nothing else to do.
    """
    begun = time.monotonic()
    while not good(seen := await look()):
        assert time.monotonic() - begun < patience(within), f"not within {within} s; last seen: {seen!r}"
        await asyncio.sleep(POLL)
    return seen
