"""A follower of a topic: a consumer of no group, which reads every partition from its end."""

import asyncio
import time
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from infra.errors import StoreUnavailable
from infra.eventlog.kafka_clients import start_client, stop_client
from infra.eventlog.kafka_consumer import message_of
from infra.eventlog.kafka_errors import kafka_calls
from infra.eventlog.protocol import Message

_START_WITHIN = 10.0
_LONGEST_POLL_MS = 200


class KafkaFollower:
    """The broker answers a poll within 0.2 s, with messages or without: so it is known what has been read."""

    def __init__(self, servers: str, topic: str, prefix: str) -> None:
        self._topic = prefix + topic
        self._prefix = prefix
        self._read_until: float | None = None
        self._consumer = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=servers,
            group_id=None,
            enable_auto_commit=False,
            # Of partitions that are added later; those that are there now are read from their end.
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_LONGEST_POLL_MS,
            metadata_max_age_ms=30_000,
            request_timeout_ms=10_000,
        )

    async def start(self, again: float) -> None:
        try:
            with kafka_calls():
                async with asyncio.timeout(_START_WITHIN):
                    await start_client(self._consumer)
                    partitions = self._consumer.assignment()
                    if not partitions:
                        raise StoreUnavailable("event_log")  # the topic is not there (yet)
                    ends = await self._consumer.end_offsets(partitions)
                    for partition, offset in {**ends, **await self._earlier(partitions, again)}.items():
                        self._consumer.seek(partition, offset)
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise StoreUnavailable("event_log") from error
            raise

    async def _earlier(self, partitions: Iterable[TopicPartition], again: float) -> dict[TopicPartition, int]:
        """Returns where the messages of the last seconds begin; not of partitions that have none."""
        if not again:
            return {}
        moment = int((time.time() - again) * 1000)
        found = await self._consumer.offsets_for_times(dict.fromkeys(partitions, moment))
        return {partition: place.offset for partition, place in found.items() if place is not None}

    async def fetch(self, wait: float) -> Sequence[Message]:
        with kafka_calls():
            batches = await self._consumer.getmany(timeout_ms=int(wait * 1000), max_records=1_000)
            self._read_until = await self._find_read_until()
        return [message_of(record, self._prefix) for records in batches.values() for record in records]

    async def _find_read_until(self) -> float | None:
        """Returns the oldest of the partitions' last polls, when nothing that they brought is left to be read."""
        polled: list[int] = []
        for partition in self._consumer.assignment():
            at, end = self._consumer.last_poll_timestamp(partition), self._consumer.highwater(partition)
            if at is None or end is None or await self._consumer.position(partition) < end:
                return None
            polled.append(at)
        age = time.time() - min(polled) / 1000 if polled else None
        return None if age is None else time.monotonic() - max(0.0, age)

    def read_until(self) -> float | None:
        return self._read_until

    async def close(self) -> None:
        await stop_client(self._consumer)
