"""Reads that are wanted at nearly the same time, made as one: many are woken by one signal."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from infra.cancellation import cancel_and_wait

K = TypeVar("K")
V = TypeVar("V")

Load = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]

_WINDOW = 0.02
_AT_ONCE = 200


class ReadTogether(Generic[K, V]):
    """``load`` is given what was asked for within some milliseconds: up to 200 keys, one call at a time."""

    def __init__(self, load: Load[K, V]) -> None:
        self._load = load
        self._asked: dict[K, asyncio.Future[V | None]] = {}
        self._working: asyncio.Task[None] | None = None

    async def read(self, key: K) -> V | None:
        """Read a value together with others who ask now; None when there is no such thing.

        Errors: what ``load`` raises.
        """
        future = self._asked.get(key)
        if future is None:
            future = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await asyncio.shield(future)

    async def close(self) -> None:
        if self._working is not None:
            await cancel_and_wait(self._working)

    async def _work(self) -> None:
        await asyncio.sleep(_WINDOW)
        while self._asked:
            keys = list(self._asked)[:_AT_ONCE]
            futures = {key: self._asked.pop(key) for key in keys}
            try:
                found = await self._load(keys)
            except Exception as error:
                _fail(futures.values(), error)
            else:
                for key, future in futures.items():
                    future.set_result(found.get(key))


def _fail(futures: Iterable[asyncio.Future[V | None]], error: Exception) -> None:
    for future in futures:
        future.set_exception(error)
        future.exception()  # seen, also when nobody waits any more
