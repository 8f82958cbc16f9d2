"""What this process has heard of changes: how fresh its knowledge is, and what was changed when.

A process may answer from its own memory only while it hears of every change. Whoever follows the event log
confirms that again and again; LEASE seconds after the last confirmation the memory is not believed any more. So
whatever breaks - the log, the network, the follower itself - nothing older than that is shown.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from typing import Final

LEASE: Final = 1.0
"""Seconds that memory is believed after the process was last known to have heard everything."""

_MOST_TAGS: Final = 50_000

EVERYTHING: Final = "*"
"""The tag that stands for all of them."""

Listener = Callable[[Collection[str] | None], None]
"""Told which tags changed; None is all."""


class Hearing:
    """Tags name what is cached: ``product:<id>``, ``stock:<sku>``, a listing."""

    def __init__(self) -> None:
        self._until = 0.0
        self._now = 0
        self._floor = 0
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def confirm(self, at: float) -> None:
        """Confirm that all that was published until ``at`` (``time.monotonic()``) has been heard."""
        self._until = max(self._until, at + LEASE)

    def doubt(self) -> None:
        """Doubt what is remembered, as changes may have been missed: forget everything, and believe nothing until
        the next confirmation."""
        self._until = 0.0
        self.forget([EVERYTHING])

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() < self._until

    def mark(self) -> int:
        """Mark the moment before a read, for ``unchanged_since``."""
        return self._now

    def forget(self, tags: Iterable[str]) -> None:
        """Forget these, which changed just now."""
        changed = set(tags)
        if not changed:
            return
        self._now += 1
        if EVERYTHING in changed:
            self._floor = self._now
            self._changed.clear()
        else:
            self._note(changed)
        for listener in self._listeners:
            listener(None if EVERYTHING in changed else changed)

    def _note(self, changed: Collection[str]) -> None:
        for tag in changed:
            self._changed[tag] = self._now
            self._changed.move_to_end(tag)
        while len(self._changed) > _MOST_TAGS:
            _, at = self._changed.popitem(last=False)
            # From here on nobody knows any more what changed up to then.
            self._floor = max(self._floor, at)

    def unchanged_since(self, mark: int, tags: Iterable[str]) -> bool:
        """Returns False when what was read after ``mark`` may be older than a change of one of these."""
        if self._now == mark:
            return True
        return self._floor <= mark and all(self._changed.get(tag, 0) <= mark for tag in tags)
