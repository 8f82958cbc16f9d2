"""The first level: a small memory of this process, believed only while the process hears of changes."""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from infra.cache.hearing import Hearing

MOST_ENTRIES: Final = 20_000
MOST_BYTES: Final = 16 * 2**20


@dataclass(slots=True)
class Kept:
    """``value`` None: there is no such thing."""

    value: Any
    size: int
    until: float


class Memory:
    """Least recently used entries fall out, by their number and by the bytes they are said to take."""

    def __init__(self, hearing: Hearing, *, entries: int = MOST_ENTRIES, size: int = MOST_BYTES) -> None:
        self._hearing = hearing
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._most_entries = entries
        self._most_bytes = size
        self._bytes = 0
        hearing.listen(self._forget)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes, as far as they were told."""
        return self._bytes

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Returns what is kept of these; None for what is kept as not being there."""
        found: dict[str, Any] = {}
        if not self._hearing.is_fresh:
            return found
        now = time.monotonic()
        for key in keys:
            kept = self._kept.get(key)
            if kept is None:
                continue
            if kept.until <= now:
                self._drop(key)
                continue
            self._kept.move_to_end(key)
            found[key] = kept.value
        return found

    def put(self, key: str, value: object, *, size: int, ttl: float, mark: int) -> None:
        """Keep what was read after ``mark``, unless it may be outdated already."""
        if not self._hearing.is_fresh or not self._hearing.unchanged_since(mark, (key,)):
            return
        self._drop(key)
        if size > self._most_bytes // 8:
            return
        self._kept[key] = Kept(value, size, time.monotonic() + ttl)
        self._bytes += size
        while len(self._kept) > self._most_entries or self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size

    def _drop(self, key: str) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self._bytes -= old.size

    def _forget(self, tags: Collection[str] | None) -> None:
        if tags is None:
            self._kept.clear()
            self._bytes = 0
            return
        for tag in tags:
            self._drop(tag)
