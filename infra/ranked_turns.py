"""Turns at what a process can do at once: who has begun something finishes it before others begin.

While there is room a turn costs a comparison. When there is none, those of the highest rank go on first; the
others are told when to come again, before anything is done for them.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_FIRST_GUESS: Final = 0.05
_WEIGHT: Final = 0.1
"""Of the newest turn, in the mean of how long they take."""
_LATEST: Final = 30.0


class Rank(IntEnum):
    """The highest first."""

    FINISH = 0
    """What has been begun, and is promised."""
    LOOK = 1
    """After one's own."""
    BEGIN = 2
    BROWSE = 3


@dataclass(frozen=True, slots=True)
class Share:
    """``at_once``: turns under way, of whatever rank, to which one of this rank may come. ``patience``: seconds
    that it may have to wait."""

    at_once: int
    patience: float


SHARES: Final = {
    Rank.FINISH: Share(256, 15.0),
    Rank.LOOK: Share(256, 10.0),
    Rank.BEGIN: Share(192, 3.0),
    Rank.BROWSE: Share(64, 1.5),
}


class NoTurn(Exception):
    """``retry_after``: seconds until there is one, if all do as they are told."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many at once")
        self.retry_after = retry_after


class _Line:
    """Those of one rank."""

    def __init__(self, share: Share) -> None:
        self.share = share
        self.under_way = 0
        self.took = _FIRST_GUESS
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.promised = 0.0


class RankedTurns:
    """For one event loop at a time. Whoever has a turn gives it back with ``leave``, whatever happened."""

    def __init__(self, shares: dict[Rank, Share] = SHARES) -> None:
        self._lines = [_Line(shares[rank]) for rank in Rank]
        self._under_way = 0
        self._waiting = 0

    def enter(self, rank: Rank) -> bool:
        """Take a turn if there is one now; who gets none may ``wait``."""
        line = self._lines[rank]
        if self._under_way >= line.share.at_once or self._behind(rank):
            return False
        self._start(line)
        return True

    async def wait(self, rank: Rank) -> None:
        """Wait for a turn. Errors: NoTurn, at once when it would not come in time."""
        line = self._lines[rank]
        if behind := self._behind(rank):
            raise NoTurn(min(behind, _LATEST))
        expected = self._expected(rank)
        if expected > line.share.patience:
            raise self._full(line, expected)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append(mine)
        self._waiting += 1
        try:
            async with asyncio.timeout(2 * line.share.patience):
                await mine
        except (TimeoutError, asyncio.CancelledError) as error:
            self._give_up(line, mine)
            if isinstance(error, TimeoutError):
                raise self._full(line, self._expected(rank)) from None
            raise

    def leave(self, rank: Rank, took: float) -> None:
        """Give a turn back after ``took`` seconds."""
        line = self._lines[rank]
        line.took += (took - line.took) * _WEIGHT
        self._end(line)
        if self._waiting:
            self._call_next()

    def _give_up(self, line: _Line, mine: asyncio.Future[None]) -> None:
        if mine.done() and not mine.cancelled():  # its turn came at this very moment
            self._end(line)
            self._call_next()
        elif mine in line.waiting:
            line.waiting.remove(mine)
            self._waiting -= 1

    def _end(self, line: _Line) -> None:
        line.under_way -= 1
        self._under_way -= 1

    def _start(self, line: _Line) -> None:
        line.under_way += 1
        self._under_way += 1

    def _behind(self, rank: Rank) -> float:
        """Returns how long it takes to finish what was begun, when it is so long that nothing more should be."""
        finishing = self._lines[Rank.FINISH]
        is_too_long = finishing.under_way and finishing.took > self._lines[rank].share.patience
        return finishing.took if is_too_long and rank >= Rank.BEGIN else 0.0

    def _call_next(self) -> None:
        for line in self._lines:
            while line.waiting and self._under_way < line.share.at_once:
                first = line.waiting.popleft()
                self._waiting -= 1
                if not first.done():
                    first.set_result(None)
                    self._start(line)

    def _expected(self, rank: Rank) -> float:
        """Returns the seconds until all who are before it have gone, going by how long turns took."""
        first = sum(line.under_way * line.took for line in self._lines) / max(1, self._under_way)
        ahead = sum(len(line.waiting) * line.took for line in self._lines[: rank + 1])
        return (first + ahead) / self._lines[rank].share.at_once

    def _full(self, line: _Line, expected: float) -> NoTurn:
        """Each is told a time of their own, behind those told before: they must not all come back at once."""
        now, each = asyncio.get_running_loop().time(), line.took / line.share.at_once
        line.promised = min(max(line.promised, now + expected) + each, now + _LATEST)
        return NoTurn(line.promised - now)
