"""One kind of thing, loaded by keys for one request: who asks in the same turn of the event loop shares a read."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_MAX_BATCH: Final = 1000
"""Keys a statement: SQLite takes 32,766 parameters, and a page is far smaller than this."""


class _Read(asyncio.Future[None]):
    """A read that several fields wait for. Where a field fails, its siblings are cancelled: each hears of it when
    the read is done, and the read is done for the others."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[Any] = []
        self.task: asyncio.Task[None] | None = None

    def cancel(self, msg: Any | None = None) -> bool:
        return False


class Loader(Generic[K, V]):
    """What ``read`` finds, and ``missing`` for what it does not find. Both are kept, and so is an error."""

    def __init__(self, read: Callable[[list[K]], Awaitable[Mapping[K, V]]], missing: V) -> None:
        self._find = read
        self._missing = missing
        self._known: dict[K, V] = {}
        self._failed: dict[K, Exception] = {}
        self._reading: dict[K, _Read] = {}
        self._next: _Read | None = None

    def recall(self, keys: list[K]) -> Mapping[K, V]:
        """Returns what is known of these without a read."""
        return {}

    async def load(self, key: K) -> V:
        """Returns the value. Errors: what the read raised."""
        if key not in self._known:
            await self._learn([key])
        return self._known[key]

    async def load_many(self, keys: Iterable[K]) -> list[V]:
        """Returns the values in the order of the keys. Errors: what the read of any raised."""
        wanted = list(keys)
        known = self._known
        unknown = [key for key in wanted if key not in known]
        if unknown:
            await self._learn(list(dict.fromkeys(unknown)))
        return [known[key] for key in wanted]

    def prime(self, key: K, value: V) -> None:
        """Say what a key's value is, unless it is known."""
        self._known.setdefault(key, value)

    async def _learn(self, keys: list[K]) -> None:
        """Errors: what the read of any raised."""
        recalled = self.recall(keys)
        self._known.update(recalled)
        if len(recalled) < len(keys):
            await self._read([key for key in keys if key not in recalled])

    async def _read(self, keys: list[K]) -> None:
        reads = {self._reading.get(key) or self._join(key): None for key in keys if key not in self._failed}
        for read in reads:
            await read
        for key in keys:
            if key in self._failed:
                raise self._failed[key]

    def _join(self, key: K) -> "_Read":
        """Returns the next read, which has the key then."""
        read = self._next
        if read is None:
            read = self._next = _Read()
            read.get_loop().call_soon(self._begin, read)
        self._reading[key] = read
        read.keys.append(key)
        if len(read.keys) == _MAX_BATCH:
            self._next = None
        return read

    def _begin(self, read: "_Read") -> None:
        read.task = asyncio.create_task(self._do(read))

    async def _do(self, read: "_Read") -> None:
        if self._next is read:
            self._next = None
        try:
            found = await self._find(read.keys)
        except Exception as error:
            self._failed.update(dict.fromkeys(read.keys, error))
        else:
            self._known.update({key: found.get(key, self._missing) for key in read.keys})
        finally:
            for key in read.keys:
                del self._reading[key]
            read.set_result(None)
