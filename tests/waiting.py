"""Wait for what must come true, never for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_POLL = 0.02
PAUSE = 2.0
"""Seconds that a shared machine may stand still: room for it in what is promised within a time."""


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool], within: float = 15.0) -> T:
    """Look again and again until what is seen is good; returns it. Fails with the last thing seen."""
    deadline = time.monotonic() + within
    while not good(seen := await look()):
        assert time.monotonic() < deadline, f"not within {within} s; last seen: {seen!r}"
        await asyncio.sleep(_POLL)
    return seen


def until_true(look: Callable[[], bool], what: str, within: float = 10.0) -> float:
    """The same without an event loop; returns the seconds it took."""
    begun = time.monotonic()
    while not look():
        assert time.monotonic() - begun < within, f"not within {within} s: {what}"
        time.sleep(_POLL)
    return time.monotonic() - begun
