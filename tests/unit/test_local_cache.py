"""The in-process cache: one fills, the others wait; stale beats none; forgotten is forgotten."""

import asyncio

import pytest

from infra.local_cache import LocalCache


class Source:
    """Gives 1, 2, 3 ... when it is let; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()
        self.fails = False

    async def __call__(self) -> int:
        self.asked += 1
        value = self.asked
        await self.open.wait()
        if self.fails:
            raise ConnectionError
        return value


async def test_one_fills_and_the_others_wait() -> None:
    cache, source = LocalCache(), Source()
    asking = [asyncio.create_task(cache.get("key", 60, source)) for _ in range(300)]
    await asyncio.sleep(0)
    source.open.set()
    assert await asyncio.gather(*asking) == [1] * 300
    assert await cache.get("key", 60, source) == 1
    assert source.asked == 1


async def test_who_gives_up_leaves_the_value_to_the_others() -> None:
    cache, source = LocalCache(), Source()
    first, second = (asyncio.create_task(cache.get("key", 60, source)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.open.set()
    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_all_who_wait_hear_of_a_failure_and_the_next_asks_again() -> None:
    cache, source = LocalCache(), Source()
    source.fails = True
    source.open.set()
    results = await asyncio.gather(*(cache.get("key", 60, source) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionError] * 3
    source.fails = False
    assert await cache.get("key", 60, source) == 2


async def test_a_stale_value_beats_none_and_is_believed_for_a_while() -> None:
    cache, source = LocalCache(), Source()
    source.open.set()
    cache.put("key", 7, ttl=-1)
    source.fails = True
    assert await cache.get("key", 60, source) == 7
    assert await cache.get("key", 60, source) == 7
    assert source.asked == 1


async def test_what_is_forgotten_while_it_is_read_is_read_again() -> None:
    cache, source = LocalCache(), Source()
    before = asyncio.create_task(cache.get("key", 60, source))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert source.asked == 1
    cache.forget("key")
    after = asyncio.create_task(cache.get("key", 60, source))
    source.open.set()
    assert (await before, await after) == (1, 2)
    assert await cache.get("key", 60, source) == 2


async def test_the_least_recently_filled_falls_out() -> None:
    cache, source = LocalCache(maximum=2), Source()
    source.open.set()
    for key in ("a", "b", "c"):
        await cache.get(key, 60, source)
    assert await cache.get("b", 60, source) == 2
    assert await cache.get("a", 60, source) == 4
