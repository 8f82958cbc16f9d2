"""The scheduler sends what is due, no sooner, and rests in between."""

import asyncio
import time
from datetime import timedelta

import pytest
from taskiq import ScheduledTask

from infra.clock import utc_now
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from tasks.jobs import Jobs
from tasks.schedule_source import SortedSetScheduleSource
from tasks.worker import run_scheduler
from tests.waiting import until


async def _waiting(infra: Infra) -> int:
    return int(await infra.redis.client.zcard("{taskiq:schedule}:due"))


async def _queued(infra: Infra) -> int:
    return int(await infra.redis.client.xlen("taskiq:jobs"))


async def test_what_is_due_is_sent_once_and_not_before(infra: Infra) -> None:
    jobs = Jobs(infra)
    now = utc_now()
    await jobs.schedule_expiry([now - timedelta(seconds=1), now + timedelta(minutes=1)])
    stop = asyncio.Event()
    scheduler = asyncio.create_task(run_scheduler(infra, stop))
    await until(lambda: _waiting(infra), lambda left: left == 1)
    assert await _queued(infra) == 1
    stop.set()
    await scheduler
    assert (await _waiting(infra), await _queued(infra)) == (1, 1)
    await jobs.close()


async def test_it_rests_between_two_looks(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    look = SortedSetScheduleSource.get_schedules

    async def noted(source: SortedSetScheduleSource) -> list[ScheduledTask]:
        looks.append(time.monotonic())
        return await look(source)

    monkeypatch.setattr(SortedSetScheduleSource, "get_schedules", noted)
    stop = asyncio.Event()
    scheduler = asyncio.create_task(run_scheduler(infra, stop))

    async def seen() -> int:
        return len(looks)

    await until(seen, lambda count: count >= 4)
    stop.set()
    await scheduler
    assert looks[3] - looks[0] > 0.29


async def test_a_job_that_cannot_be_sent_stays_due(infra: Infra) -> None:
    jobs = Jobs(infra)
    await jobs.schedule_expiry([utc_now() - timedelta(seconds=1)])
    # The queue is no stream: Redis refuses what is to be added to it.
    await infra.redis.client.set("taskiq:jobs", "x")
    with pytest.raises(StoreUnavailable):
        await jobs.send_due()
    assert await _waiting(infra) == 1
    await infra.redis.client.delete("taskiq:jobs")
    await jobs.send_due()
    assert (await _waiting(infra), await _queued(infra)) == (0, 1)
    await jobs.close()


async def test_a_queue_that_is_gone_is_an_outage_and_no_fault(infra: Infra) -> None:
    """So the worker starts to listen again, and says so in a word."""
    jobs, stop = Jobs(infra), asyncio.Event()
    listening = asyncio.create_task(jobs.run_receiver(stop))

    async def waits() -> bool:
        return any(client["cmd"] == "xreadgroup" for client in await infra.redis.client.client_list())

    await until(waits, bool)
    await infra.redis.client.flushdb()
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(listening, 10)
    await jobs.close()
