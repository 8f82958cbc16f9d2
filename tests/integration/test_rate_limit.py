"""The rate limiter on a real Redis: exact counts, exact waiting times, its own count without."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from infra import own_count
from infra.rate_limit import RateLimited, RateLimiter
from infra.redis import RedisStore
from infra.runtime import Infra
from settings.limit import Limit
from tests.redis_server import frozen, redis_server, url_of


async def _passed(limiter: RateLimiter, limit: Limit, tries: int, key: str = "one") -> int:
    passed = 0
    for _ in range(tries):
        try:
            await limiter.spend("test", key, limit)
        except RateLimited:
            continue
        passed += 1
    return passed


async def _exact(limiter: RateLimiter, limit: Limit, tries: int, key: str = "one") -> int:
    passed = 0
    for _ in range(tries):
        with suppress(RateLimited):
            await limiter.spend("test", key, limit, exact=True)
            passed += 1
    return passed


async def test_a_burst_passes_up_to_the_limit_and_each_process_its_allowance(infra: Infra) -> None:
    limit = Limit(8, 3600)
    assert await _passed(RateLimiter(infra.redis), limit, 30) == 8 + limit.free
    assert await _passed(RateLimiter(infra.redis), limit, 30) == limit.free
    assert await _passed(RateLimiter(infra.redis), limit, 30, key="another") == 8 + limit.free


async def test_the_waiting_time_is_what_the_next_cell_takes(infra: Infra) -> None:
    limiter, limit = RateLimiter(infra.redis), Limit(2, 100)
    await _passed(limiter, limit, 2)
    with pytest.raises(RateLimited) as refused:
        await limiter.spend("test", "one", limit)
    assert 49_000 < refused.value.retry_after_ms <= 50_000
    assert refused.value.limit == "test"


async def test_concurrent_requests_never_pass_more_than_the_limit(infra: Infra) -> None:
    limit = Limit(10, 3600)
    limiters = [RateLimiter(infra.redis) for _ in range(4)]
    counts = await asyncio.gather(*(_passed(limiter, limit, 20) for limiter in limiters))
    assert sum(counts) == 10 + 4 * limit.free


async def test_while_redis_is_frozen_a_process_counts_by_itself(tmp_path: Path) -> None:
    limit = Limit(3, 3600)
    with redis_server(tmp_path) as server:
        redis = RedisStore(url_of(server), timeout=0.1)
        limiter, other = RateLimiter(redis, rest=0), RateLimiter(redis, rest=0)
        with frozen(server):
            assert await _exact(limiter, limit, 5) == 3
            assert await _exact(limiter, limit, 1, "another") == 1
            with pytest.raises(RateLimited) as refused:
                await limiter.spend("test", "one", limit, exact=True)
        assert 1_190_000 < refused.value.retry_after_ms <= 1_200_000
        # What it let pass counts for all as soon as Redis is asked again, also by a try that is refused.
        assert [await _exact(limiter, limit, 5), await _exact(other, limit, 5)] == [0, 0]
        assert [await _exact(limiter, limit, 5, "another"), await _exact(other, limit, 5, "another")] == [2, 0]
        await redis.close()


async def test_of_what_two_processes_counted_no_more_is_owed_than_the_limit(tmp_path: Path) -> None:
    limit = Limit(2, 2)
    with redis_server(tmp_path) as server:
        redis = RedisStore(url_of(server), timeout=0.1)
        limiters = [RateLimiter(redis, rest=0) for _ in range(3)]
        with frozen(server):
            assert [await _exact(limiter, limit, 2) for limiter in limiters] == [2, 2, 2]
        for limiter in limiters:
            with suppress(RateLimited):
                await limiter.spend("test", "one", limit, exact=True)
        with pytest.raises(RateLimited) as refused:
            await limiters[0].spend("test", "one", limit, exact=True)
        assert refused.value.retry_after_ms <= 1000
        await redis.close()


async def test_a_right_password_forgives_what_the_process_counted(tmp_path: Path) -> None:
    limit = Limit(3, 3600)
    with redis_server(tmp_path) as server:
        redis = RedisStore(url_of(server), timeout=0.1)
        limiter = RateLimiter(redis)
        with frozen(server):
            assert await _exact(limiter, limit, 3) == 3
            await limiter.forgive("test", "one")
            assert await _exact(limiter, limit, 5) == 3
        await redis.close()


async def test_redis_that_was_away_is_not_asked_for_each_limit(tmp_path: Path) -> None:
    limit = Limit(3, 3600)
    with redis_server(tmp_path) as server:
        redis = RedisStore(url_of(server), timeout=0.1)
        limiter = RateLimiter(redis, rest=3600)
        with frozen(server), capture_logs() as told:
            assert await _exact(limiter, limit, 5) == 3
            await limiter.forgive("test", "one")
        assert [line["event"] for line in told] == ["rate_limit.unavailable"]
        await redis.close()


def test_of_keys_without_end_a_process_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_count, "_MOST_KEYS", 10)
    own, limit = own_count.OwnCount(), Limit(1, 3600)
    assert [own.spend(str(number), limit) for number in range(100)] == [0.0] * 100
    assert sum(own.take(str(number)) > 0 for number in range(100)) == 10


async def test_what_costs_more_is_counted_as_more(infra: Infra) -> None:
    limiter, limit = RateLimiter(infra.redis), Limit(8, 3600)
    # All that the limit has, at most; and nothing of it is the allowance.
    await limiter.spend("test", "one", limit, units=50)
    with pytest.raises(RateLimited):
        await limiter.spend("test", "one", limit, exact=True)
    await limiter.give_back("test", "one", limit)
    await limiter.spend("test", "one", limit, exact=True)
    # Nothing is given back beyond what was spent.
    for _ in range(3):
        await limiter.give_back("test", "two", limit)
    assert await _passed(RateLimiter(infra.redis), limit, 30, key="two") == 8 + limit.free


@pytest.mark.parametrize("text", ["", "10", "0/5s", "5/0s", "-1/5s", "10/m", "1e3/5s"])
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a limit"):
        Limit.parse(text)


def test_a_limit_is_read_from_the_settings() -> None:
    assert Limit.parse("30/60s") == Limit(30, 60)
