"""A store stops in the middle of a sale: answers come in time, and nothing is lost when it is back."""

import asyncio
import signal

import pytest
from redis.asyncio import Redis

from chaos.fleet import Fleet
from infra.stack import ServerName, Stack
from tests.chaos.buyers import Rush
from tests.chaos.conftest import FIRST
from tests.chaos.proof import prove_sold_out
from tests.waiting import patience

pytestmark = pytest.mark.stack
IN_TIME = 2.0
FROZEN_FOR = 3.0
# A buyer each: as many at once as two processors can answer, so that it is the store that they wait for.
PACE = 0.004


async def _through(rush: Rush, stack: Stack, server: ServerName, *, keep_data: bool = True) -> None:
    """Buyers come before the server stops, and all the others while it is away."""
    rush.arrive(FIRST)
    await rush.accepted(15)
    await asyncio.to_thread(stack.stop, server)
    rush.arrive(every=PACE)
    await rush.all_asked()
    await asyncio.to_thread(stack.start, server, keep_data)
    await rush.finish()
    assert rush.slowest() < patience(IN_TIME)


async def test_kafka(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    await _through(rush, stack, "kafka")
    await prove_sold_out(fleet.settings, rush, given_back=True)


async def test_kafka_killed(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    rush.arrive(FIRST)
    await rush.accepted(15)
    await asyncio.to_thread(stack.kill, "kafka", signal.SIGKILL)
    rush.arrive(every=PACE)
    await rush.all_asked()
    await asyncio.to_thread(stack.start, "kafka")
    await rush.finish()
    assert rush.slowest() < patience(IN_TIME)
    await prove_sold_out(fleet.settings, rush, given_back=True)


@pytest.mark.parametrize("keep_data", [True, False], ids=["keeps its data", "loses its data"])
async def test_redis(fleet: Fleet, stack: Stack, rush: Rush, keep_data: bool) -> None:
    await _through(rush, stack, "redis", keep_data=keep_data)
    await prove_sold_out(fleet.settings, rush)


async def test_redis_is_flushed(fleet: Fleet, rush: Rush) -> None:
    rush.arrive(FIRST)
    await rush.accepted(15)
    async with Redis.from_url(fleet.settings.redis_dsn) as redis:
        await redis.flushall()
    rush.arrive(every=PACE)
    await rush.finish()
    await prove_sold_out(fleet.settings, rush)


async def test_the_database(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    await _through(rush, stack, "database")
    await prove_sold_out(fleet.settings, rush)


async def test_each_is_frozen_in_turn(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    servers: tuple[ServerName, ...] = ("kafka", "redis", "database")
    for server in servers:
        rush.arrive(6)
        await asyncio.to_thread(stack.pause, server)
        try:
            rush.arrive(12, every=PACE)
            await asyncio.sleep(FROZEN_FOR)  # the fault itself
        finally:
            await asyncio.to_thread(stack.resume, server)
    rush.arrive(every=PACE)
    await rush.finish()
    assert rush.slowest() < patience(IN_TIME)
    await prove_sold_out(fleet.settings, rush, given_back=True)
