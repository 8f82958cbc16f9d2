"""A member of a Kafka consumer group that commits by hand."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from infra.eventlog.kafka_clients import start_client, stop_client
from infra.eventlog.kafka_errors import kafka_calls
from infra.eventlog.protocol import Message

# aiokafka tries for as long as the broker is away.
_COMMIT_WITHIN = 5.0
_FINISH_WITHIN = 10.0


class _Finishing(ConsumerRebalanceListener):  # type: ignore[misc]  # it has no types
    """Lets go of partitions when what was read of them is committed, so that nobody reads it again; at the latest
    after ``_FINISH_WITHIN`` seconds, as a store may be away."""

    def __init__(self) -> None:
        self.idle = asyncio.Event()
        self.idle.set()

    async def on_partitions_revoked(self, revoked: object) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_FINISH_WITHIN):
                await self.idle.wait()

    async def on_partitions_assigned(self, assigned: object) -> None:
        """Begin where the group has committed: there is nothing to prepare."""


class KafkaConsumer:
    """At-least-once: a commit that a rebalance overtook is dropped, and the messages come again."""

    def __init__(self, servers: str, topics: Sequence[str], group: str, prefix: str = "") -> None:
        self._prefix = prefix
        self._finishing = _Finishing()
        self._consumer = AIOKafkaConsumer(
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
        self._consumer.subscribe([prefix + topic for topic in topics], listener=self._finishing)

    async def start(self) -> None:
        await start_client(self._consumer)

    async def fetch(self, limit: int, wait: float) -> Sequence[Message]:
        self._finishing.idle.set()  # of what was read before nothing is committed any more
        with kafka_calls():
            batches = await self._consumer.getmany(timeout_ms=int(wait * 1000), max_records=limit)
        if batches:
            self._finishing.idle.clear()
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
        self._finishing.idle.set()

    async def close(self) -> None:
        self._finishing.idle.set()
        await stop_client(self._consumer)


def message_of(record: "ConsumerRecord[bytes, bytes]", prefix: str = "") -> Message:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    key = (record.key or b"").decode(errors="replace")
    topic = record.topic.removeprefix(prefix)
    return Message(topic, key, record.value or b"", f"{record.partition}:{record.offset}", headers)
