"""A taskiq schedule source on a sorted set: reading what is due costs one range, never a SCAN.

taskiq-redis's own sources walk the whole keyspace on each read, which a shop with millions of keys feels.
"""

import time
from datetime import UTC
from typing import Any

from redis.asyncio import Redis
from taskiq import ScheduledTask, ScheduleSource
from taskiq.abc.serializer import TaskiqSerializer

from infra.redis import RedisStore

_MOST = 100


class SortedSetScheduleSource(ScheduleSource):
    """Tasks with a time, one an id: adding an id again replaces it. Redis is the caller's to close."""

    def __init__(self, redis: RedisStore, key: str, serializer: TaskiqSerializer) -> None:
        self._redis = redis
        self._due = f"{{{key}}}:due"
        self._data = f"{{{key}}}:data"
        self._serializer = serializer

    def _client(self) -> Redis:
        return self._redis.at(self._due).client

    async def get_schedules(self) -> list[ScheduledTask]:
        """Returns the first of what is due, the most overdue first. Errors: RedisError."""
        ids: Any = await self._client().zrangebyscore(self._due, "-inf", time.time(), start=0, num=_MOST)
        if not ids:
            return []
        raw: list[Any] = await self._client().hmget(self._data, ids)
        return [ScheduledTask.model_validate(self._serializer.loadb(data)) for data in raw if data]

    async def add_schedule(self, schedule: ScheduledTask) -> None:
        """Errors: ValueError for a schedule without a time (cron), which this source does not keep."""
        if schedule.time is None:
            raise ValueError("only tasks with a time can be scheduled here")
        moment = schedule.time if schedule.time.tzinfo else schedule.time.replace(tzinfo=UTC)
        data = self._serializer.dumpb(schedule.model_dump(mode="json"))
        async with self._client().pipeline(transaction=True) as pipeline:
            pipeline.hset(self._data, schedule.schedule_id, data)
            pipeline.zadd(self._due, {schedule.schedule_id: moment.timestamp()})
            await pipeline.execute()

    async def delete_schedule(self, schedule_id: str) -> None:
        async with self._client().pipeline(transaction=True) as pipeline:
            pipeline.zrem(self._due, schedule_id)
            pipeline.hdel(self._data, schedule_id)
            await pipeline.execute()

    async def post_send(self, task: ScheduledTask) -> None:
        """Forget a task that is in the queue now. A crash before this sends it twice."""
        await self.delete_schedule(task.schedule_id)
