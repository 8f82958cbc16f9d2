"""Time limits that count a store's time: not the line before it, and not what this process does meanwhile."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextvars import Context, ContextVar, Token
from types import TracebackType
from typing import Final, Self

_PARTS: Final = 16
_TIMES, _LONGEST = 6, 10.0
"""The limit of who waits in a line: times its own, and seconds at the most unless its own is more."""

_REMEMBERED: Final = 1.0
"""Seconds for which a request does not ask again a store that let it wait in vain."""

Silent = dict[str, float]
_silent: Final[ContextVar[Silent | None]] = ContextVar("silent_stores", default=None)


def begin_patience() -> Token[Silent | None]:
    """Begin a request: it has one patience with each store, however many of its steps ask it.

    What a worker does, outside of any request, waits each time anew.
    """
    return _silent.set({})


def end_patience(begun: Token[Silent | None]) -> None:
    _silent.reset(begun)


def is_silent(store: str) -> bool:
    """Returns whether this request has waited for the store in vain just now."""
    silent = _silent.get()
    return time.monotonic() < silent.get(store, 0.0) if silent else False


def note_silence(store: str) -> None:
    """Note that this request has waited for the store in vain: its next step does not wait again."""
    silent = _silent.get()
    if silent is not None:
        silent[store] = time.monotonic() + _REMEMBERED


def share_patience(contexts: Sequence[Context]) -> None:
    """Give the first of these, which works for all, what each of them knows to be silent, and nothing more."""
    first, *others = (context.get(_silent) for context in contexts)
    if first is not None:
        shared = {
            store: until for store, until in first.items() if all(store in (other or ()) for other in others)
        }
        contexts[0].run(_silent.set, shared)


class Silence(TimeoutError):
    """A store answered nobody in all the time that it was given."""


class StoreTime:
    """Bounds a block by ``seconds``, as ``asyncio.timeout`` does, of a store's time.

    They pass in parts, and of one that the event loop comes late to only its length counts: who could not look has
    not waited for the store. ``answers`` counts what the store answers to anybody: while it does, it is not away,
    the block is in its line, and its limit is longer. Of a ``store`` that was silent to this request already, all
    of the time is over at the beginning. ``doubt`` is called after so many seconds of silence: it looks whether
    the store is there, and calls ``end`` when it is not. Errors: Silence; TimeoutError for who was in line.
    """

    __slots__ = (
        "_answers",
        "_doubt",
        "_doubts_at",
        "_heard",
        "_left",
        "_loop",
        "_most",
        "_next",
        "_part",
        "_quiet",
        "_seen",
        "_store",
        "_timeout",
    )

    def __init__(
        self,
        seconds: float,
        answers: Callable[[], int] | None = None,
        *,
        store: str = "",
        doubt: tuple[Callable[["StoreTime"], None], float] | None = None,
    ) -> None:
        self._part = seconds / _PARTS
        self._left, self._most = _PARTS, round(_PARTS * max(1.0, min(_TIMES, _LONGEST / seconds)))
        self._answers = answers
        self._seen = -1 if answers is None else answers()
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self._next: asyncio.TimerHandle | None = None
        self._store, self._heard = store, False
        self._quiet = 0
        self._doubt = None if doubt is None else doubt[0]
        self._doubts_at = 0 if doubt is None else max(1, round(doubt[1] / self._part))

    async def __aenter__(self) -> Self:
        if is_silent(self._store):
            raise Silence
        await self._timeout.__aenter__()
        self._next = self._loop.call_later(self._part, self._pass)
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        try:
            await self._timeout.__aexit__(type_, error, trace)
        except TimeoutError as late:
            if self._heard:
                raise
            if self._store:
                note_silence(self._store)
            raise Silence from late

    def _pass(self) -> None:
        self._most -= 1
        if self._answers is not None and (seen := self._answers()) != self._seen:
            self._seen, self._heard, self._quiet = seen, True, 0
        else:
            self._left -= 1
            self._quiet += 1
            if self._doubt is not None and self._quiet == self._doubts_at:
                self._doubt(self)
        if self._left <= 0 or self._most <= 0:
            self._next = None
            self._timeout.reschedule(self._loop.time())
        else:
            self._next = self._loop.call_later(self._part, self._pass)

    def end(self) -> None:
        """End the time, unless it is over: the store is not there."""
        if self._next is not None:
            self._next.cancel()
            self._next, self._heard = None, False
            self._timeout.reschedule(self._loop.time())
