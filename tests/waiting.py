"""Wait for what must come true, never for a fixed time."""

import time
from collections.abc import Callable

from chaos.waiting import POLL, until

__all__ = ["PAUSE", "until", "until_true"]
PAUSE = 2.0
"""Seconds that a shared machine may stand still: room for it in what is promised within a time."""


def until_true(look: Callable[[], bool], what: str, within: float = 10.0) -> float:
    """The same without an event loop; returns the seconds it took."""
    begun = time.monotonic()
    while not look():
        assert time.monotonic() - begun < within, f"not within {within} s: {what}"
        time.sleep(POLL)
    return time.monotonic() - begun
