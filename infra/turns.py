"""Turns at what takes long: a few at a time, the others wait, and nobody waits long or for nothing."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_FIRST_GUESS: Final = 0.05
_WEIGHT: Final = 0.1
"""Of the newest turn, in the mean of how long they take."""
_LEAST, _MOST = 8, 256
_LATEST: Final = 30.0


class Full(Exception):
    """Nobody can wait any more. ``retry_after``: seconds until there is a turn, if all do as they are told."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many wait")
        self.retry_after = retry_after


class Turns:
    """``at_once`` have a turn; as many wait as will have theirs within ``patience`` seconds, going by how long
    turns took. Whoever has one key (an address, an account) takes turns with all other keys, however many of it
    there are: what has more waiting than others makes room for them. For one event loop at a time."""

    def __init__(self, at_once: int, patience: float) -> None:
        self._at_once = self._free = at_once
        self._patience = patience
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._took = _FIRST_GUESS
        self._promised = 0.0

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn, which lasts as long as the block. Errors: Full, at once or when others made it so."""
        await self._wait(key)
        begun = _now()
        try:
            yield
        finally:
            self._took += (_now() - begun - self._took) * _WEIGHT
            self._next()

    async def _wait(self, key: str) -> None:
        if self._free:
            self._free -= 1
            return
        self._make_room(key)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled() and mine.exception() is None:
                self._next()
            raise

    def _next(self) -> None:
        while self._waiting:
            key = next(iter(self._waiting))
            queue = self._waiting.pop(key)
            first = queue.popleft()
            if queue:
                self._waiting[key] = queue  # behind all others
            if not first.done():
                first.set_result(None)
                return
        self._free += 1

    def _make_room(self, key: str) -> None:
        """Errors: Full, where no other key has more waiting."""
        if self._count() < max(_LEAST, min(_MOST, int(self._patience / self._took * self._at_once))):
            return
        longest = max(self._waiting.values(), key=len)
        if len(longest) <= len(self._waiting.get(key, ())) + 1:
            raise self._full()
        last = longest.pop()
        if not last.done():
            last.set_exception(self._full())

    def _count(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _full(self) -> Full:
        """Each is told a time of their own, behind those told before: they must not all come back at once."""
        now, each = _now(), self._took / self._at_once
        self._promised = min(max(self._promised, now + self._count() * each) + each, now + _LATEST)
        return Full(self._promised - now)


def _now() -> float:
    return asyncio.get_running_loop().time()
