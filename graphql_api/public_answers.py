"""Answers to those who are not signed in, kept whole until something that they were made from changes.

Each answer remembers the tags of all that was read for it (infra/cache/dependencies.py). Whatever changes one of
them - here or in another process, told through the event log - drops exactly the answers made from it. They are
believed, as all memory is, only while the process hears of changes.
"""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from graphql_api.cache_policy import CachePolicy
from infra.cache.dependencies import Noted, noting
from infra.cache.hearing import Hearing
from infra.cancellation import cancel_and_wait
from infra.telemetry.counters import Counters

Key = tuple[str, str, bytes | None, bytes, str]
"""What tells requests apart: method, media type, the body's type, the query string or body as it was sent, and by
which address of ours it came: answers have URLs in them."""

MOST_ENTRIES: Final = 5_000
MOST_BYTES: Final = 32 * 2**20
_LARGEST: Final = 512 * 1024
_AREA: Final = "response"


@dataclass(slots=True)
class Answer:
    """``max_age`` 0: nobody may keep it. ``etag`` is strong: the same bytes in the same media type."""

    status: int
    body: bytes
    max_age: int = 0
    etag: bytes = b""

    @classmethod
    def public(cls, body: bytes, media_type: str, max_age: int) -> "Answer":
        digest = blake2b(media_type.encode() + b"\0" + body, digest_size=16).hexdigest()
        return cls(200, body, max_age, f'"{digest}"'.encode())


@dataclass(slots=True)
class Made:
    """What an execution came to. ``is_clean``: it is a whole answer, without errors or cookies."""

    status: int
    body: bytes
    is_clean: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    tags: frozenset[str]
    until: float
    size: int


class PublicAnswers:
    """Bounded by number and bytes; the least recently used fall out."""

    def __init__(
        self, hearing: Hearing, counters: Counters, *, entries: int = MOST_ENTRIES, size: int = MOST_BYTES
    ) -> None:
        self._hearing = hearing
        self._counters = counters
        self._most_entries = entries
        self._most_bytes = size
        self._bytes = 0
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._by_tag: defaultdict[str, set[Key]] = defaultdict(set)
        self._making: dict[Key, asyncio.Task[Answer]] = {}
        hearing.listen(self._forget)

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Key) -> Answer | None:
        """Find a kept answer that is still true."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if not self._hearing.is_fresh:
            self._counters.add(_AREA, "stale")
            return None
        if kept.until <= time.monotonic():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        self._counters.add(_AREA, "hits")
        return kept.answer

    async def make(
        self, key: Key, policy: CachePolicy, media_type: str, execute: Callable[[], Awaitable[Made]]
    ) -> Answer:
        """Execute, and keep the answer if it may be kept; who asks the same meanwhile gets the same answer.

        Errors: what ``execute`` raises.
        """
        making = self._making.get(key)
        if making is None:
            making = asyncio.create_task(self._execute(key, policy, media_type, execute))
            self._making[key] = making
            making.add_done_callback(lambda done: self._end(key, done))
        # Whoever goes away takes nothing from the others.
        return await asyncio.shield(making)

    async def close(self) -> None:
        await cancel_and_wait(*self._making.values())

    def _end(self, key: Key, making: "asyncio.Task[Answer]") -> None:
        if self._making.get(key) is making:
            del self._making[key]
        if not making.cancelled():
            making.exception()  # seen, also when nobody waits any more

    async def _execute(
        self, key: Key, policy: CachePolicy, media_type: str, execute: Callable[[], Awaitable[Made]]
    ) -> Answer:
        self._counters.add(_AREA, "misses")
        mark = self._hearing.mark()
        with noting() as noted:
            made = await execute()
        if not made.is_clean:
            return Answer(made.status, made.body)
        max_age = int(min(policy.max_age, noted.longest))
        answer = Answer.public(made.body, media_type, max_age)
        self._keep(key, answer, noted, mark)
        return answer

    def _keep(self, key: Key, answer: Answer, noted: Noted, mark: int) -> None:
        is_true = self._hearing.is_fresh and self._hearing.unchanged_since(mark, noted.tags)
        # An answer that was made from nothing is one whose makers do not say what they read.
        if not is_true or not noted.tags or not answer.max_age or len(answer.body) > _LARGEST:
            return
        self._drop(key)
        size = len(answer.body) + sum(len(part or b"") for part in key) + 100 * len(noted.tags) + 500
        until = time.monotonic() + answer.max_age
        self._kept[key] = _Kept(answer, frozenset(noted.tags), until, size)
        self._bytes += size
        for tag in noted.tags:
            self._by_tag[tag].add(key)
        self._counters.add(_AREA, "fills")
        while len(self._kept) > self._most_entries or self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._bytes -= kept.size
        for tag in kept.tags:
            keys = self._by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._by_tag[tag]

    def _forget(self, tags: Collection[str] | None) -> None:
        """Who asks from now on must not be given what is being made from before, either."""
        self._making.clear()
        doomed = set(self._kept) if tags is None else {key for tag in tags for key in self._by_tag.get(tag, ())}
        for key in doomed:
            self._drop(key)
        self._counters.add(_AREA, "forgotten", len(doomed))
