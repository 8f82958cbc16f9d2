"""A small in-process cache: what a hot path may believe for a moment without asking a store."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class LocalCache:
    """Least recently used entries fall out at ``maximum``; each is fresh for the ttl it was put with."""

    def __init__(self, maximum: int = 10_000) -> None:
        self._maximum = maximum
        self._entries: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    async def get(self, key: Hashable, ttl: float, fill: Callable[[], Awaitable[T]]) -> T:
        """The cached value, or what ``fill`` gives; when ``fill`` fails, a stale value beats none."""
        entry = self._entries.get(key)
        if entry is not None and entry[0] > time.monotonic():
            return entry[1]  # type: ignore[no-any-return]
        try:
            value = await fill()
        except Exception:
            if entry is None:
                raise
            return entry[1]  # type: ignore[no-any-return]
        self.put(key, value, ttl)
        return value

    def put(self, key: Hashable, value: object, ttl: float) -> None:
        self._entries[key] = (time.monotonic() + ttl, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._maximum:
            self._entries.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        self._entries.pop(key, None)
