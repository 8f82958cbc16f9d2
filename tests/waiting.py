"""Wait for what must come true, never for a fixed time."""

import time
from collections.abc import Callable

from chaos.waiting import patience, pause_after, until

__all__ = ["patience", "pause", "until", "until_true"]


def pause() -> float:
    """Returns the seconds that a shared machine may stand still: room for it in what is promised within a time."""
    return patience(2.0)


def until_true(look: Callable[[], bool], what: str, within: float = 30.0) -> float:
    """The same without an event loop; returns the seconds it took."""
    begun = looking = time.monotonic()
    while not look():
        now = time.monotonic()
        assert now - begun < patience(within), f"not within {within} s: {what}"
        time.sleep(pause_after(now - begun, now - looking))
        looking = time.monotonic()
    return time.monotonic() - begun
