"""taskiq: the delayed job that cancels unpaid orders promptly. A hint only; the sweep is the certainty.

Orders that are due in the same quarter of a second share one scheduled task, so that a thousand orders a
second cost four tasks. Losing or doubling a task costs nothing but promptness.
"""

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import structlog
from redis.exceptions import RedisError
from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask, TaskiqScheduler
from taskiq.exceptions import SendTaskError
from taskiq.receiver import Receiver
from taskiq.serializers import JSONSerializer
from taskiq_redis import RedisStreamBroker, RedisStreamClusterBroker, RedisStreamSentinelBroker

from infra.cancellation import cancel_and_wait
from infra.ended import has_ended
from infra.errors import StoreUnavailable
from infra.redis_sentinel import SentinelRedis, sentinel_login, sentinels_of, service_of
from infra.redis_slots import seeds_of
from infra.runtime import Infra
from services.order.expire_due_orders import expire_due_orders
from tasks.schedule_source import SortedSetScheduleSource

log = structlog.get_logger(__name__)

EXPIRE_TASK = "expire_due_orders"
_BUCKET = 0.25
_QUEUE = "taskiq:jobs"
_SCHEDULE = "taskiq:schedule"


class Jobs:
    """This process's taskiq broker and schedule."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self.broker = _broker(infra)
        self.broker.serializer = JSONSerializer()
        self.source = SortedSetScheduleSource(infra.redis, _SCHEDULE, JSONSerializer())
        self.expire = self._register()
        self._scheduled: dict[int, float] = {}

    def _register(self) -> "AsyncTaskiqDecoratedTask[[], object]":
        infra = self._infra

        async def expire() -> int:
            try:
                return await expire_due_orders(infra)
            except StoreUnavailable as error:
                log.warning("job.store_down", job=EXPIRE_TASK, store=error.store)
                return 0

        return self.broker.register_task(expire, task_name=EXPIRE_TASK)

    async def schedule_expiry(self, due: Sequence[datetime]) -> None:
        """Set a timer for these times. Errors: StoreUnavailable."""
        buckets = {math.ceil(moment.timestamp() / _BUCKET) for moment in due} - self._scheduled.keys()
        try:
            async with asyncio.timeout(self._infra.redis.timeout):
                for bucket in sorted(buckets):
                    at = datetime.fromtimestamp(bucket * _BUCKET, UTC)
                    await (
                        self.expire.kicker().with_schedule_id(f"expire-{bucket}").schedule_by_time(self.source, at)
                    )
                    self._scheduled[bucket] = bucket * _BUCKET
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable("redis") from error
        self._forget_past()

    def _forget_past(self) -> None:
        if len(self._scheduled) > 10_000:
            now = time.time()
            self._scheduled = {bucket: at for bucket, at in self._scheduled.items() if at > now}

    async def run_receiver(self, stop: asyncio.Event) -> None:
        """Run jobs until told to stop. Errors: StoreUnavailable; whatever else ends the receiver."""
        self.broker.is_worker_process = True
        with _redis_faults():
            await self.broker.startup()
        receiver = Receiver(self.broker, max_async_tasks=10, run_startup=False)
        listening = asyncio.create_task(receiver.listen(stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not listening.done():
            await asyncio.wait({listening}, timeout=2.0)
        await _ended(listening)

    async def send_due(self) -> None:
        """Send the jobs that are due. Two schedulers are harmless: they send a hint twice.

        taskiq's own loop looks once a second, at what it read a round before. Errors: StoreUnavailable.
        """
        scheduler = TaskiqScheduler(self.broker, [self.source])
        with _redis_faults():
            async with asyncio.timeout(self._infra.redis.timeout):
                for task in await self.source.get_schedules():
                    await scheduler.on_ready(self.source, task)

    async def close(self) -> None:
        await self.broker.shutdown()
        if isinstance(self.broker, RedisStreamSentinelBroker):
            for sentinel in self.broker.sentinel.sentinels:  # the library leaves them open
                await sentinel.aclose()


def _broker(infra: Infra) -> AsyncBroker:
    dsn = infra.settings.redis_dsn
    if infra.redis.is_cluster:
        # It leaves what a dead worker had taken: the sweep does without.
        return RedisStreamClusterBroker(
            next(url for _, url in seeds_of(dsn)),
            queue_name=_QUEUE,
            maxlen=10_000,
            xread_block=1000,
            socket_timeout=None,
        )
    if isinstance(infra.redis, SentinelRedis):
        name, number = service_of(dsn)
        parts = urlsplit(infra.redis.dsn)
        return RedisStreamSentinelBroker(
            sentinels_of(dsn),
            name,
            queue_name=_QUEUE,
            maxlen=10_000,
            xread_block=1000,
            socket_timeout=None,
            db=number,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            ssl=parts.scheme == "rediss",
            sentinel_kwargs=dict(sentinel_login(infra.settings)),
        )
    return RedisStreamBroker(
        dsn,
        queue_name=_QUEUE,
        maxlen=10_000,
        xread_block=1000,
        socket_timeout=None,
        unacknowledged_lock_timeout=5,
    )


async def _ended(task: asyncio.Task[None]) -> None:
    """Errors: StoreUnavailable, and whatever else ended it before it was told to."""
    await cancel_and_wait(task)
    with suppress(asyncio.CancelledError), _redis_faults():
        task.result()


@contextmanager
def _redis_faults() -> Iterator[None]:
    """Errors: StoreUnavailable for what the clients inside taskiq raise when Redis is away."""
    try:
        yield
    except Exception as error:
        if not _is_outage(error):
            raise
        raise StoreUnavailable("redis") from error


def _is_outage(error: Exception) -> bool:
    if isinstance(error, ExceptionGroup):  # of taskiq's receiver
        return all(map(_is_outage, error.exceptions))
    return isinstance(error, SendTaskError | RedisError | OSError | TimeoutError) or has_ended(error)
