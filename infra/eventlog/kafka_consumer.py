"""A member of a Kafka consumer group that commits by hand."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from infra.eventlog.kafka_clients import start_client, stop_client
from infra.eventlog.kafka_errors import kafka_calls
from infra.eventlog.protocol import Message

# aiokafka tries for as long as the broker is away.
_COMMIT_WITHIN = 5.0


class KafkaConsumer:
    """At-least-once: a commit that a rebalance overtook is dropped, and the messages come again."""

    def __init__(self, servers: str, topics: Sequence[str], group: str, prefix: str = "") -> None:
        self._prefix = prefix
        self._consumer = AIOKafkaConsumer(
            *(prefix + topic for topic in topics),
            bootstrap_servers=servers,
            group_id=prefix + group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # The broker's least: a dead worker's partitions are read on by another after this.
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_500,
            request_timeout_ms=10_000,
            max_poll_interval_ms=300_000,
        )

    async def start(self) -> None:
        await start_client(self._consumer)

    async def fetch(self, limit: int, wait: float) -> Sequence[Message]:
        with kafka_calls():
            batches = await self._consumer.getmany(timeout_ms=int(wait * 1000), max_records=limit)
        return [message_of(record, self._prefix) for records in batches.values() for record in records]

    async def commit(self, messages: Sequence[Message]) -> None:
        offsets: dict[TopicPartition, int] = {}
        for message in messages:
            partition, _, offset = message.position.partition(":")
            place = TopicPartition(self._prefix + message.topic, int(partition))
            offsets[place] = max(offsets.get(place, 0), int(offset) + 1)
        with kafka_calls(), suppress(CommitFailedError, IllegalStateError):
            async with asyncio.timeout(_COMMIT_WITHIN):
                await self._consumer.commit(offsets)

    async def close(self) -> None:
        await stop_client(self._consumer)


def message_of(record: "ConsumerRecord[bytes, bytes]", prefix: str = "") -> Message:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    key = (record.key or b"").decode(errors="replace")
    topic = record.topic.removeprefix(prefix)
    return Message(topic, key, record.value or b"", f"{record.partition}:{record.offset}", headers)
