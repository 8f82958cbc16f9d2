"""Group commit: requests of one kind that wait for the same rows go together.

What comes while one group is under way is the next one. So a group never waits for a clock: a request that finds
nobody before it goes at once, and the more there are the more share a transaction. It goes with those whom the
next turns of the event loop bring, until one brings nobody: a first one that went alone would leave a transaction
more to the crowd behind it. Where there is no row to wait for, several groups may be under way.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import structlog

from infra.errors import StoreUnavailable
from infra.store_time import Silence, note_silence, share_patience

log = structlog.get_logger(__name__)
Q = TypeVar("Q")
A = TypeVar("A")
Serve = Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]
"""Returns, in the order of the requests, each one's answer, or the error that is its own; in a time of its own."""
MOST: Final = 100
"""Requests of a group."""
_MOST_WAITING: Final = 20 * MOST
_WEIGHT: Final = 0.2
"""Of the newest group, in the mean of how long they take."""
_LONGEST: Final = 10.0
"""Seconds until its answer, as it seems: who would wait longer is not taken in."""


class _Asked(Generic[Q, A]):
    __slots__ = ("answer", "context", "request")

    def __init__(self, request: Q) -> None:
        self.request = request
        self.answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self.context = contextvars.copy_context()

    def fail(self, error: Exception) -> None:
        """Nobody may wait for it."""
        if not self.answer.done():
            self.answer.set_exception(error)
            self.answer.exception()  # seen


class GroupCommit(Generic[Q, A]):
    """``serve`` is given a group, at most ``at_once`` of them at a time. When it raises, each of the group is
    served by itself: one bad request does not spoil the rest. A store that is away is not asked for each again,
    nor for those who have waited for its answer meanwhile.
    """

    def __init__(self, serve: Serve[Q, A], *, most: int = MOST, at_once: int = 1) -> None:
        self._serve = serve
        self._most = most
        self._at_once = at_once
        self._waiting: deque[_Asked[Q, A]] = deque()
        self._working: set[asyncio.Task[None]] = set()
        self._beginning: asyncio.Task[None] | None = None
        self._took = 0.0

    async def ask(self, request: Q) -> A:
        """Have a request served with those that come at the same time.

        Cancelled before its group has begun, it is not served; after that it may have been. Errors: its own;
        StoreUnavailable, at once when so many wait that its turn would not come soon: then it says when there
        will be room.
        """
        if (too_long := self._line() - _LONGEST) > 0 or len(self._waiting) >= _MOST_WAITING:
            raise StoreUnavailable("database", max(too_long, self._took, 1.0))
        try:
            return await self._enter(request).answer
        except StoreUnavailable as error:
            if isinstance(error.__cause__, Silence):
                note_silence(error.store)
            raise

    def _line(self) -> float:
        """Returns the seconds until who comes now would be answered, going by how long groups took."""
        before = len(self._waiting) // self._most + len(self._working)
        return (before // self._at_once + 1) * self._took

    def put(self, request: Q) -> None:
        """Put a request among those that wait, for who needs no answer; one too many is dropped."""
        if len(self._waiting) < _MOST_WAITING:
            self._enter(request)

    async def close(self) -> None:
        """Wait for what is under way."""
        while self._working:
            await asyncio.wait(self._working)

    def _enter(self, request: Q) -> _Asked[Q, A]:
        asked: _Asked[Q, A] = _Asked(request)
        self._waiting.append(asked)
        if self._beginning is None and len(self._working) < self._at_once:
            self._beginning = asyncio.create_task(self._work(), context=contextvars.Context())
            self._working.add(self._beginning)
            self._beginning.add_done_callback(self._end)
        return asked

    def _end(self, working: asyncio.Task[None]) -> None:
        """Let go of one, also of one that was cancelled before it began."""
        self._working.discard(working)
        if self._beginning is working:
            self._beginning = None

    async def _work(self) -> None:
        working = self._beginning
        try:
            await self._let_come()
            self._beginning = None
            while group := self._next():
                # In the trace, and with the log's names, of its first: in quiet times there is no other.
                begun = _now()
                share_patience([asked.context for asked in group])
                await asyncio.wait({asyncio.create_task(self._answer(group), context=group[0].context)})
                self._took += (_now() - begun - self._took) * _WEIGHT
                for asked in group:
                    asked.fail(StoreUnavailable("database"))  # left by a cancellation that leaked, or a split
        finally:
            # At once: whoever asks from now on begins another.
            if working is not None:
                self._end(working)

    async def _let_come(self) -> None:
        """Let those come who are about to ask: as long as a turn of the event loop brings one, and no time."""
        count = 0
        while count < len(self._waiting) < self._most:
            count = len(self._waiting)
            await asyncio.sleep(0)

    def _next(self) -> list[_Asked[Q, A]]:
        group: list[_Asked[Q, A]] = []
        while self._waiting and len(group) < self._most:
            asked = self._waiting.popleft()
            if not asked.answer.done():  # else nobody waits for it
                group.append(asked)
        return group

    async def _answer(self, group: list[_Asked[Q, A]]) -> bool:
        """Returns whether the store is there."""
        try:
            answers = await self._serve([asked.request for asked in group])
        except StoreUnavailable as error:
            for asked in (*group, *self._waiting):
                asked.fail(error)
            self._waiting.clear()
            return False
        except Exception as error:
            if len(group) > 1:
                return await self._answer_each(group, error)
            group[0].fail(error)
        else:
            for asked, answer in zip(group, answers, strict=True):
                if isinstance(answer, Exception):
                    asked.fail(answer)
                elif not asked.answer.done():
                    asked.answer.set_result(answer)
        return True

    async def _answer_each(self, group: list[_Asked[Q, A]], error: Exception) -> bool:
        log.warning("group.split", requests=len(group), error=type(error).__name__)
        for asked in group:
            if not asked.answer.done() and not await self._answer([asked]):
                return False
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()


class Groups:
    """The process's groups, one a kind."""

    def __init__(self) -> None:
        self._groups: dict[str, GroupCommit[Any, Any]] = {}
        self._closing: list[Callable[[], Awaitable[None]]] = []

    def of(
        self,
        kind: str,
        serve: Serve[Q, A],
        *,
        most: int = MOST,
        at_once: int = 1,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> GroupCommit[Q, A]:
        """Returns the group of that kind; all else is that of the first caller. ``close``: what ``serve`` has
        open, once there is nothing under way any more."""
        if kind not in self._groups:
            self._groups[kind] = GroupCommit(serve, most=most, at_once=at_once)
            if close is not None:
                self._closing.append(close)
        return self._groups[kind]

    async def close(self) -> None:
        for group in self._groups.values():
            await group.close()
        for close in self._closing:
            await close()
