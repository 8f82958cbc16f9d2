"""The worker and the scheduler: the loops of ``tasks/worker_loops.py`` in one process."""

import asyncio

from infra.cancellation import cancel_and_wait
from infra.runtime import Infra
from services.shared.events import ALL_TOPICS
from tasks.loops import every
from tasks.process import Process
from tasks.worker_loops import LOOPS, RunBy


async def run_worker(infra: Infra, stop: asyncio.Event) -> None:
    """Run until ``stop`` is set, then finish what is at hand: the consumers commit what they handled."""
    await _run_loops(infra, stop, RunBy.WORKER)


async def run_scheduler(infra: Infra, stop: asyncio.Event) -> None:
    """Send delayed jobs when they are due, until ``stop`` is set."""
    await _run_loops(infra, stop, RunBy.SCHEDULER)


async def _run_loops(infra: Infra, stop: asyncio.Event, run_by: RunBy) -> None:
    process = Process(infra, stop)
    try:
        if run_by is RunBy.WORKER:
            await _ensure_topics(infra, stop)
        async with asyncio.TaskGroup() as group:
            for loop in LOOPS:
                if loop.run_by is run_by:
                    group.create_task(loop.run(process), name=loop.name)
            await stop.wait()
            process.look.end()
    finally:
        await process.close()


async def _ensure_topics(infra: Infra, stop: asyncio.Event) -> None:
    done = asyncio.Event()

    async def ensure() -> None:
        await infra.events.ensure_topics(ALL_TOPICS)
        done.set()

    looping = asyncio.create_task(every(0.5, done, ensure, "topics"))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({looping, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await cancel_and_wait(looping, stopping)
