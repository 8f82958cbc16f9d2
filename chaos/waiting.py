"""Wait for what must come true, never for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")
POLL: Final = 0.02


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool], within: float = 30.0) -> T:
    """Look again and again until what is seen is good; returns it. Fails with the last thing seen."""
    deadline = time.monotonic() + within
    while not good(seen := await look()):
        assert time.monotonic() < deadline, f"not within {within} s; last seen: {seen!r}"
        await asyncio.sleep(POLL)
    return seen
