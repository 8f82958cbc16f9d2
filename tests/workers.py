"""Run the workers' parts for as long as a test needs them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infra.errors import StoreUnavailable
from infra.eventlog import Marker
from infra.runtime import Infra
from services.shared.events import ALL_TOPICS, ORDER_WORKERS, ORDERS
from services.shared.outbox import relay_outbox
from tasks.jobs import Jobs
from tasks.order_consumer import OrderConsumer
from tasks.worker import run_scheduler, run_worker


async def persist_all(infra: Infra, consumer: type[OrderConsumer] = OrderConsumer) -> None:
    """Publish the outbox, and consume orders until the log is read to its end, or the consumer fails."""
    while await relay_outbox(infra):
        pass
    stop = asyncio.Event()
    jobs = Jobs(infra)
    await infra.events.ensure_topics(ALL_TOPICS)
    consuming = asyncio.create_task(consumer(infra, stop, jobs.schedule_expiry).run())
    try:
        marker = await infra.events.end(ORDERS)
        async with asyncio.timeout(60):
            while not await _has_read(infra, marker):
                if consuming.done():
                    await consuming
                    raise AssertionError(f"ended before the log: {consuming}")
                await asyncio.sleep(0.01)
    finally:
        stop.set()
        # All is handled and committed: it only waits for more.
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)
        await jobs.close()


async def _has_read(infra: Infra, marker: Marker) -> bool:
    try:
        return await infra.events.has_read(ORDERS, ORDER_WORKERS, marker)
    except StoreUnavailable:
        return False  # a new broker takes a second to make its groups' topic


@asynccontextmanager
async def working(infra: Infra) -> AsyncIterator[None]:
    """A whole worker and scheduler beside the block."""
    stop = asyncio.Event()
    behind = [asyncio.create_task(run(infra, stop)) for run in (run_worker, run_scheduler)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*behind)
