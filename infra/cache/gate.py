"""A limit to how many fills read the database at once.

With Redis away every reader comes to the database; without a limit they would take every connection, and wait so
long for one that all of them fail, orders too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from infra.errors import StoreUnavailable

_PATIENCE: Final = 0.3
_QUEUE_PER_TURN: Final = 32


class Gate:
    """``turns`` at once; 32 times as many may wait, each at most 0.3 seconds."""

    def __init__(self, turns: int) -> None:
        self._turns = asyncio.Semaphore(turns)
        self._most_waiting = turns * _QUEUE_PER_TURN
        self._waiting = 0

    @property
    def waiting(self) -> int:
        return self._waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Errors: StoreUnavailable, at once when the queue is full."""
        await self._enter()
        try:
            yield
        finally:
            self._turns.release()

    async def _enter(self) -> None:
        if self._turns.locked():
            if self._waiting >= self._most_waiting:
                raise StoreUnavailable("database")
            self._waiting += 1
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._turns.acquire()
            except TimeoutError:
                raise StoreUnavailable("database") from None
            finally:
                self._waiting -= 1
        else:
            await self._turns.acquire()
