"""Which counters' reigns are over: told through the event log, as a server of the past does not know that it is.

A primary that was cut off, or replaced, may live on and answer those who still reach it. Whoever loads an item's
counters elsewhere tells the new epoch, and waits for as long as a process goes on accepting orders without having
heard from the log; what was accepted until then is in the log, and is read before the counters are put in place.
"""

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress
from typing import Final
from uuid import UUID

REHEARD: Final = 60.0
"""Seconds of the log that are heard again at each beginning: what was told before is in the database by then."""

_MOST: Final = 100_000


class Reigns:
    """What this process has heard. One that does not follow the log at all believes what the server says."""

    def __init__(self) -> None:
        self._newest: OrderedDict[UUID, int] = OrderedDict()
        self._is_following = False
        self._is_informed = False
        self._heard_until = 0.0
        self._heard = asyncio.Event()

    def begin(self) -> None:
        """Begin to follow the log, or begin again: what was told meanwhile is not known."""
        self._is_following, self._is_informed = True, False

    @property
    def is_informed(self) -> bool:
        return self._is_informed

    def inform(self, epochs: dict[UUID, int]) -> None:
        """Learn what the database has, after a beginning."""
        for item_id, epoch in epochs.items():
            self.hear(item_id, epoch)
        self._is_informed = True

    def hear(self, item_id: UUID, epoch: int) -> None:
        """Hear that counters of the epoch are about to take the place of older ones."""
        self._newest[item_id] = max(epoch, self._newest.pop(item_id, 0))
        if len(self._newest) > _MOST:
            self._newest.popitem(last=False)

    def confirm(self, at: float) -> None:
        """Confirm that all that was told until ``at`` (``time.monotonic()``) has been heard."""
        self._heard_until = max(self._heard_until, at)
        self._heard.set()

    def is_over(self, item_id: UUID, epoch: int) -> bool:
        """Returns whether newer counters are known to take the place of these."""
        return self.newest(item_id) > epoch

    def newest(self, item_id: UUID) -> int:
        """Returns the newest epoch that is known of the item's counters; 0 when none is."""
        return self._newest.get(item_id, 0)

    def hears(self, lease: float) -> bool:
        """Returns whether all that was told until ``lease`` seconds ago has been heard."""
        if not self._is_following:
            return True
        return self._is_informed and time.monotonic() - self._heard_until < lease

    async def wait(self, lease: float) -> bool:
        """Wait, at most so long, until it ``hears``: as it does after a start, or when the log is back."""
        with suppress(TimeoutError):
            async with asyncio.timeout(lease):
                while not self.hears(lease):
                    self._heard.clear()
                    await self._heard.wait()
        return self.hears(lease)
