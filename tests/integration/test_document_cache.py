"""The cache in front of the database: its races, in one process and between several; Redis away."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from dataloaders import Loaders
from infra.cache import entry
from infra.cache.documents import DocumentCache
from infra.cache.gate import Gate
from infra.errors import StoreUnavailable
from infra.redis import RedisStore
from infra.runtime import Infra, open_infra
from settings import Settings
from tests.integration.catalog.products import create, statements
from tests.waiting import pause, until


class Source:
    """A database of one value; a read takes the value when it begins, and ends when it is let."""

    def __init__(self, value: bytes) -> None:
        self.value = value
        self.reads = 0
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def load(self, keys: Sequence[str]) -> dict[str, bytes]:
        self.reads += 1
        value = self.value
        self.begun.set()
        await self.may_end.wait()
        return dict.fromkeys(keys, value)


def cache_of(infra: Infra, ttl: float = 60) -> DocumentCache:
    return DocumentCache(infra.redis, ttl=ttl, counters=infra.counters)


async def kept(infra: Infra, key: str = "k") -> tuple[bytes, bytes]:
    """The kind of the entry in Redis, and its payload."""
    raw = await infra.redis.client.get(f"doc:{key}") or b""
    assert isinstance(raw, bytes)
    return raw[:1], raw[entry.HEAD_BYTES :]


async def test_many_readers_of_a_missing_document_make_one_read(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A")
    await infra.redis.client.flushdb()
    with statements(infra) as seen:
        documents = await asyncio.gather(*(Loaders(infra).product_by_id.load(made.id) for _ in range(30)))
    assert documents == [made] * 30
    assert len(seen) == 4


async def test_of_several_processes_one_fills(
    infra: Infra, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.cache.documents._LOCK_WAIT", 10.0)
    gave_way, lock = asyncio.Event(), DocumentCache._lock

    async def watched(cache: DocumentCache, keys: Sequence[str], token: bytes) -> tuple[list[str], list[str]]:
        ours, elsewhere = await lock(cache, keys, token)
        if elsewhere:
            gave_way.set()
        return ours, elsewhere

    monkeypatch.setattr(DocumentCache, "_lock", watched)
    source = Source(b"value")
    source.may_end.clear()
    async with open_infra(settings) as other:
        asks = [asyncio.create_task(cache_of(one).get_many(["k"], source.load)) for one in (infra, other) * 10]
        await gave_way.wait()
        source.may_end.set()
        assert await asyncio.gather(*asks) == [{"k": b"value"}] * 20
    assert source.reads == 1
    assert await kept(infra) == (entry.DOCUMENT, b"value")


async def test_a_filler_that_died_does_not_hold_up_the_others(infra: Infra) -> None:
    await infra.redis.client.set("{doc:k}:lock", b"its token", px=20_000)
    begun = time.monotonic()
    source = Source(b"mine")
    assert await cache_of(infra).get_many(["k"], source.load) == {"k": b"mine"}
    assert time.monotonic() - begun < 2 + pause()
    # Whose fill it is, is not ours to decide: we read for ourselves.
    assert await kept(infra) == (b"", b"")


@pytest.mark.parametrize("filled", [False, True])
async def test_a_slow_filler_undoes_no_change(infra: Infra, settings: Settings, *, filled: bool) -> None:
    """It read before another process's commit, and writes after all others have seen the change."""
    slow, quick = Source(b"old"), Source(b"new")
    slow.may_end.clear()
    async with open_infra(settings) as other:
        filling = asyncio.create_task(cache_of(other).get_many(["k"], slow.load))
        await slow.begun.wait()
        await cache_of(infra).forget(["k"])
        if filled:
            await infra.redis.client.delete("{doc:k}:lock")
            assert await cache_of(infra).get_many(["k"], quick.load) == {"k": b"new"}
            assert await kept(infra) == (entry.DOCUMENT, b"new")
        slow.may_end.set()
        assert await filling == {"k": b"old"}
    assert await cache_of(infra).get_many(["k"], quick.load) == {"k": b"new"}
    assert await kept(infra) == (entry.DOCUMENT, b"new")
    assert other.counters.snapshot()["k"]["stale"] == 1


async def test_who_asks_after_a_change_does_not_join_a_fill_from_before_it(infra: Infra) -> None:
    slow, quick = Source(b"old"), Source(b"new")
    slow.may_end.clear()
    filling = asyncio.create_task(cache_of(infra).get_many(["k"], slow.load))
    await slow.begun.wait()
    await cache_of(infra).forget(["k"])
    assert await cache_of(infra).get_many(["k"], quick.load) == {"k": b"new"}
    slow.may_end.set()
    assert await filling == {"k": b"old"}
    assert await cache_of(infra).get_many(["k"], quick.load) == {"k": b"new"}


async def test_a_reader_that_is_cut_off_takes_nothing_from_the_others(infra: Infra) -> None:
    source = Source(b"value")
    source.may_end.clear()
    first = asyncio.create_task(cache_of(infra).get_many(["k"], source.load))
    await source.begun.wait()
    second = asyncio.create_task(cache_of(infra).get_many(["k"], source.load))
    first.cancel()
    source.may_end.set()
    assert await second == {"k": b"value"}
    assert (first.cancelled(), source.reads) == (True, 1)


async def test_what_ends_soon_is_refilled_by_one_before_it_ends(infra: Infra, settings: Settings) -> None:
    """XFetch: a document that took a second to read, and has a hundredth of one to live."""
    source = Source(b"new")
    async with open_infra(settings) as other:
        await cache_of(infra).get_many(["k"], Source(b"old").load)
        due = entry.make(entry.DOCUMENT, b"old", schema=0, epoch=await epoch_of(infra), life=0.01, cost=1000.0)
        await infra.redis.client.set("doc:k", due, px=5000)
        source.may_end.clear()
        caches = [cache_of(infra), cache_of(other)]
        asks = [cache.get_many(["k"], source.load) for cache in caches * 5]
        assert await asyncio.gather(*asks) == [{"k": b"old"}] * 10
        # All have tried to be the one.
        await until(lambda: _refilling(caches), lambda count: count == 1)
        source.may_end.set()
        await until(lambda: kept(infra), lambda found: found == (entry.DOCUMENT, b"new"))
    assert source.reads == 1


async def _refilling(caches: Sequence[DocumentCache]) -> int:
    return sum(bool(cache._shared.refreshing) for cache in caches)


async def epoch_of(infra: Infra) -> bytes:
    epoch = await infra.redis.client.get("cache:epoch")
    assert isinstance(epoch, bytes)
    return epoch


async def test_what_redis_did_not_hear_it_hears_on_its_return(infra: Infra) -> None:
    cache, source = cache_of(infra), Source(b"new")
    await cache.get_many(["k"], Source(b"old").load)
    living, infra.redis._batcher = infra.redis._batcher, RedisStore("redis://127.0.0.1:1/0", timeout=0.2)._batcher
    await cache.forget(["k"])
    assert await cache.get_many(["k"], source.load) == {"k": b"new"}
    infra.redis._batcher = living
    # For a moment Redis is not asked at all; then it is told first.
    cache._shared.away_until = 0.0
    assert await cache.get_many(["k"], source.load) == {"k": b"new"}
    assert await kept(infra) == (entry.DOCUMENT, b"new")


async def test_when_everything_is_forgotten_nothing_of_before_is_read(infra: Infra, settings: Settings) -> None:
    slow = Source(b"old")
    slow.may_end.clear()
    async with open_infra(settings) as other:
        await cache_of(infra).get_many(["k"], Source(b"old").load)
        filling = asyncio.create_task(cache_of(other).get_many(["l"], slow.load))
        await slow.begun.wait()
        await cache_of(infra).forget_all()
        slow.may_end.set()
        await filling
    for key in ("k", "l"):
        assert await cache_of(infra).get_many([key], Source(b"new").load) == {key: b"new"}


async def test_a_server_of_another_version_reads_for_itself_and_yet_forgets(infra: Infra) -> None:
    newer = DocumentCache(infra.redis, ttl=60, schema=1)
    await cache_of(infra).get_many(["k"], Source(b"shape 0").load)
    assert await newer.get_many(["k"], Source(b"shape 1").load) == {"k": b"shape 1"}
    assert await newer.get_many(["k"], Source(b"").load) == {"k": b"shape 1"}
    await cache_of(infra).forget(["k"])
    assert await newer.get_many(["k"], Source(b"changed").load) == {"k": b"changed"}


async def test_a_database_that_fails_is_said_to_each_reader_and_not_remembered(infra: Infra) -> None:
    async def fail(_keys: object) -> dict[str, bytes]:
        raise StoreUnavailable("database")

    asks = [cache_of(infra).get_many(["k"], fail) for _ in range(3)]
    assert [type(error) for error in await asyncio.gather(*asks, return_exceptions=True)] == [StoreUnavailable] * 3
    await infra.redis.client.delete("{doc:k}:lock")
    assert await cache_of(infra).get_many(["k"], Source(b"value").load) == {"k": b"value"}


async def test_without_redis_few_read_the_database_at_once_and_too_many_are_told_so(infra: Infra) -> None:
    reading, most, gate = 0, 0, Gate(2)
    away = RedisStore("redis://127.0.0.1:1/0", timeout=0.2)

    async def load(keys: Sequence[str]) -> dict[str, bytes]:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await asyncio.sleep(0.02)
        reading -= 1
        return dict.fromkeys(keys, b"value")

    cache = DocumentCache(away, ttl=60, gate=gate)
    await cache.get_many(["first"], load)
    begun = time.monotonic()
    asks = [cache.get_many([f"k{number}"], load) for number in range(100)]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    assert time.monotonic() - begun < 2 + pause()
    good = [answer for answer in answers if isinstance(answer, dict)]
    refused = [type(answer) for answer in answers if not isinstance(answer, dict)]
    assert most == 2
    assert most <= len(good) <= 40
    assert refused == [StoreUnavailable] * (100 - len(good))
    assert gate.waiting == 0
    await away.close()
