"""The scheduler sends what is due, and rests in between."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from taskiq.cli.scheduler.run import SchedulerLoop

from infra.clock import utc_now
from infra.runtime import Infra
from tasks.jobs import Jobs
from tasks.worker import run_scheduler
from tests.waiting import until


async def test_it_looks_once_a_second(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task in sight is looked at in each round, so the looks count the rounds."""
    looks = 0
    ready = SchedulerLoop._is_schedule_ready_to_send

    def counted(loop: SchedulerLoop, *args: Any, **kwargs: Any) -> bool:
        nonlocal looks
        looks += 1
        return ready(loop, *args, **kwargs)

    monkeypatch.setattr(SchedulerLoop, "_is_schedule_ready_to_send", counted)
    jobs = Jobs(infra)
    await jobs.schedule_expiry([utc_now() + timedelta(seconds=3)])
    stop = asyncio.Event()
    scheduler = asyncio.create_task(run_scheduler(infra, stop))
    await until(jobs.source.get_schedules, lambda left: not left)
    stop.set()
    await scheduler
    await jobs.close()
    assert 1 <= looks <= 6
