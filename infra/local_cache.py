"""A small in-process cache: what a hot path may believe for a moment without asking a store."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class LocalCache:
    """Least recently used entries fall out at ``maximum``; each is fresh for the ttl it was put with.

    However many ask for what is not there or not fresh, one fills it and the others wait: the first moment of a
    rush would else be a question to the database from each buyer.
    """

    def __init__(self, maximum: int = 10_000) -> None:
        self._maximum = maximum
        self._entries: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._filling: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, ttl: float, fill: Callable[[], Awaitable[T]]) -> T:
        """Returns the cached value, or what ``fill`` gives; when ``fill`` fails, a stale value beats none.

        A stale value is then believed for another ``ttl``: not everyone shall wait for a store that is away.
        """
        entry = self._entries.get(key)
        if entry is not None and entry[0] > time.monotonic():
            return entry[1]  # type: ignore[no-any-return]
        filling = self._filling.get(key)
        if filling is None:
            filling = self._filling[key] = asyncio.create_task(self._fill(key, ttl, fill))
            filling.add_done_callback(_look_at)
        # Shielded: who gives up waiting must not take the value from the others.
        return await asyncio.shield(filling)

    async def _fill(self, key: Hashable, ttl: float, fill: Callable[[], Awaitable[T]]) -> T:
        try:
            value = await fill()
        except Exception:
            stale = self._entries.get(key)
            if stale is None:
                raise
            value = stale[1]
        finally:
            # Forgotten meanwhile: what was read before is for those who asked before.
            wanted = self._filling.get(key) is asyncio.current_task()
            if wanted:
                del self._filling[key]
        if wanted:
            self.put(key, value, ttl)
        return value

    def put(self, key: Hashable, value: object, ttl: float) -> None:
        self._entries[key] = (time.monotonic() + ttl, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._maximum:
            self._entries.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        self._entries.pop(key, None)
        self._filling.pop(key, None)


def _look_at(filling: "asyncio.Task[Any]") -> None:
    # Nobody may be left to whom its failure is told.
    if not filling.cancelled():
        filling.exception()
