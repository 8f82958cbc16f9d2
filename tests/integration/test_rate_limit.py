"""The rate limiter on a real Redis: exact counts, exact waiting times, and no judgement without a store."""

import asyncio

import pytest

from infra.rate_limit import RateLimited, RateLimiter
from infra.redis import RedisStore
from infra.runtime import Infra
from settings.limit import Limit


async def _passed(limiter: RateLimiter, limit: Limit, tries: int, key: str = "one") -> int:
    passed = 0
    for _ in range(tries):
        try:
            await limiter.spend("test", key, limit)
        except RateLimited:
            continue
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


async def test_without_redis_everything_passes(unused_tcp_port: int) -> None:
    away = RedisStore(f"redis://127.0.0.1:{unused_tcp_port}/0", timeout=0.3)
    assert await _passed(RateLimiter(away), Limit(1, 3600), 5) == 5
    await away.close()


@pytest.mark.parametrize("text", ["", "10", "0/5s", "5/0s", "-1/5s", "10/m", "1e3/5s"])
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a limit"):
        Limit.parse(text)


def test_a_limit_is_read_from_the_settings() -> None:
    assert Limit.parse("30/60s") == Limit(30, 60)
