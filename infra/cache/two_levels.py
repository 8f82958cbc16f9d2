"""Both levels as one: this process's memory, then Redis, then the database."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, TypeVar

from infra.cache.dependencies import depend_on
from infra.cache.documents import DocumentCache, Loader
from infra.cache.hearing import Hearing
from infra.cache.jitter import spread
from infra.cache.memory import Memory
from infra.telemetry.counters import Counters

T = TypeVar("T")

MEMORY_TTL: Final = 5.0
"""Seconds; what changes is forgotten at once, this bounds what nobody told of."""

_NOTHING_BYTES: Final = 200
# A decoded document takes two to three times its JSON (products of 1 to 50 variants, measured with tracemalloc).
_DECODED: Final = 3


def recall(memory: Memory, counters: Counters, keys: Iterable[str]) -> dict[str, Any]:
    """Returns what the first level has of these, at once; None for what it knows not to be there."""
    found = memory.get_many(keys)
    depend_on(found)
    hits: dict[str, int] = {}
    for key in found:
        area = key.partition(":")[0]
        hits[area] = hits.get(area, 0) + 1
    for area, times in hits.items():
        counters.add(area, "memory_hits", times)
    return found


class TwoLevels:
    """``ttl`` of the first level in seconds, at most that of the second."""

    def __init__(
        self,
        memory: Memory,
        documents: DocumentCache,
        hearing: Hearing,
        counters: Counters,
        *,
        ttl: float = MEMORY_TTL,
    ) -> None:
        self._memory = memory
        self._documents = documents
        self._hearing = hearing
        self._counters = counters
        self._ttl = ttl

    async def get_many(self, keys: Collection[str], load: Loader, decode: Callable[[bytes], T]) -> dict[str, T]:
        """Get what exists of these. What is made from it changes with these keys: see ``dependencies``.

        Values are shared by all readers: they must not be changed. Errors as of ``DocumentCache.get_many``.
        """
        wanted = list(dict.fromkeys(keys))
        known = recall(self._memory, self._counters, wanted)
        found = {key: value for key, value in known.items() if value is not None}
        missing = [key for key in wanted if key not in known]
        if missing:
            depend_on(missing)
            found |= await self._from_documents(missing, load, decode)
        return found

    async def _from_documents(self, keys: list[str], load: Loader, decode: Callable[[bytes], T]) -> dict[str, T]:
        mark = self._hearing.mark()
        raw = await self._documents.get_many(keys, load)
        found: dict[str, T] = {}
        for key in keys:
            value = found[key] = decode(raw[key]) if key in raw else None  # type: ignore[assignment]
            size = _NOTHING_BYTES + _DECODED * len(raw.get(key, b""))
            self._memory.put(key, value, size=size, ttl=spread(self._ttl), mark=mark)
        return {key: value for key, value in found.items() if value is not None}
