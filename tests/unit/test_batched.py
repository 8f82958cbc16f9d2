import asyncio
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dataloaders.batched import Batched, Cached
from infra.cache.dependencies import noting
from infra.cache.hearing import Hearing
from infra.cache.memory import Memory
from infra.runtime import Infra
from infra.telemetry.counters import Counters


async def test_a_field_that_is_cancelled_takes_the_value_from_nobody() -> None:
    asked: list[list[int]] = []
    gate = asyncio.Event()

    async def read(_infra: Infra, keys: list[int]) -> Mapping[int, str]:
        asked.append(keys)
        await gate.wait()
        return {1: "one"}

    async def field(key: int) -> str:
        return await loader.load(key)

    loader: Batched[int, str] = Batched(cast(Any, None), read, "missing")
    cancelled, other, alone = (asyncio.create_task(field(key)) for key in (1, 1, 2))
    while not asked:
        await asyncio.sleep(0)
    cancelled.cancel()
    alone.cancel()
    gate.set()
    async with asyncio.timeout(5):
        assert await other == "one"
        ended = await asyncio.gather(cancelled, alone, return_exceptions=True)
    assert [type(error) for error in ended] == [asyncio.CancelledError] * 2
    assert (await loader.load(1), await loader.load(2)) == ("one", "missing")
    assert asked == [[1, 2]]


async def test_who_asks_in_the_same_turn_shares_a_read_and_all_is_kept() -> None:
    asked: list[list[int]] = []

    async def read(_infra: Infra, keys: list[int]) -> Mapping[int, str]:
        asked.append(keys)
        if 13 in keys:
            raise ValueError("unlucky")
        return {key: str(key) for key in keys if key < 2_000}

    loader: Batched[int, str] = Batched(cast(Any, None), read, "missing")
    loader.prime(7, "seven")
    many = loader.load_many(range(1_000, 2_002))
    first, pair, tail = await asyncio.gather(loader.load(1), loader.load_many([2, 1, 7, 2]), many)
    assert (first, pair) == ("1", ["2", "1", "seven", "2"])
    assert tail[-3:] == ["1999", "missing", "missing"]
    assert [len(keys) for keys in asked] == [1_000, 4]
    for _ in range(2):
        with pytest.raises(ValueError, match="unlucky"):
            await loader.load_many([1, 13, 14])
    assert await loader.load(1) == "1"
    assert asked[2:] == [[13, 14]]


async def test_what_is_in_memory_is_not_read() -> None:
    asked: list[list[int]] = []

    async def read(_infra: Infra, keys: list[int]) -> Mapping[int, str]:
        asked.append(keys)
        return dict.fromkeys(keys, "read")

    hearing = Hearing()
    hearing.confirm(time.monotonic())
    memory = Memory(hearing)
    memory.put("n:1", "kept", size=1, ttl=60, mark=hearing.mark())
    memory.put("n:2", None, size=1, ttl=60, mark=hearing.mark())
    infra: Any = SimpleNamespace(memory=memory, counters=Counters())
    loader: Cached[int, str | None] = Cached(infra, read, None, lambda key: f"n:{key}")
    with noting() as noted:
        assert await loader.load_many([1, 2, 3, 1]) == ["kept", None, "read", "kept"]
    assert asked == [[3]]
    assert noted.tags == {"n:1", "n:2"}  # of the rest the read says it itself
    assert infra.counters.snapshot() == {"n": {"memory_hits": 2}}
