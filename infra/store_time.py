"""Time limits that count a store's time: not the line before it, and not what this process does meanwhile."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final

_PARTS: Final = 16
_TIMES, _LONGEST = 6, 10.0
"""The limit of who waits in a line: times its own, and seconds at the most unless its own is more."""


class StoreTime:
    """Bounds a block by ``seconds``, as ``asyncio.timeout`` does, of a store's time.

    They pass in parts, and of one that the event loop comes late to only its length counts: who could not look has
    not waited for the store. ``answers`` counts what the store answers to anybody: while it does, it is not away,
    the block is in its line, and its limit is longer.
    """

    __slots__ = ("_answers", "_left", "_loop", "_most", "_next", "_part", "_seen", "_timeout")

    def __init__(self, seconds: float, answers: Callable[[], int] | None = None) -> None:
        self._part = seconds / _PARTS
        self._left, self._most = _PARTS, round(_PARTS * max(1.0, min(_TIMES, _LONGEST / seconds)))
        self._answers = answers
        self._seen = -1 if answers is None else answers()
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self._next: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._next = self._loop.call_later(self._part, self._pass)

    async def __aexit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next is not None:
            self._next.cancel()
        await self._timeout.__aexit__(type_, error, trace)

    def _pass(self) -> None:
        self._most -= 1
        if self._answers is not None and (seen := self._answers()) != self._seen:
            self._seen = seen
        else:
            self._left -= 1
        if self._left <= 0 or self._most <= 0:
            self._timeout.reschedule(self._loop.time())
        else:
            self._next = self._loop.call_later(self._part, self._pass)
