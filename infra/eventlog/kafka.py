"""The event log on Kafka: acks=all, idempotent producer, manual commits, outcomes told apart."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerClosed,
    UnknownTopicOrPartitionError,
)

from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.eventlog.kafka_clients import start_client, stop_client
from infra.eventlog.kafka_consumer import KafkaConsumer, message_of
from infra.eventlog.kafka_errors import kafka_calls
from infra.eventlog.kafka_follower import KafkaFollower
from infra.eventlog.kafka_offsets import KafkaOffsets
from infra.eventlog.kafka_sent import Sent, answered, problem_of, refused
from infra.eventlog.kafka_topics import make_topics
from infra.eventlog.protocol import Consumer, Follower, Marker, Message, size_problem
from infra.store_time import StoreTime
from infra.telemetry.conventions import Attributes, topic_attributes
from settings import Settings

T = TypeVar("T")
log = structlog.get_logger(__name__)
_LINGER_MS = 2
_REQUEST_TIMEOUT_MS = 10_000
# A leader that is frozen, not gone, is given up after this: until then all that is sent to it waits.
_SEND_TIMEOUT = 2.0
_LAST_ATTEMPT = 3.0
# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
_CONTENT_TYPE = "content-type"
# What a producer may say of one message, and be as good as before.
_OF_THE_MESSAGE = (KafkaTimeoutError, MessageSizeTooLargeError, UnknownTopicOrPartitionError)


class KafkaEventLog:
    """EventLog on Kafka. Connects in the background: a broker that is away delays no start."""

    def __init__(self, settings: Settings) -> None:
        self._servers = settings.kafka_bootstrap_servers or ""
        self._partitions = settings.kafka_partitions
        self._replication = settings.kafka_replication
        self._timeout = settings.store_timeout
        self._prefix = settings.kafka_prefix
        self._producer: AIOKafkaProducer | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._looking: set[asyncio.Task[Any]] = set()
        self._offsets = KafkaOffsets(self._servers, self._timeout)
        self._closed = False

    def attributes(self, topic: str) -> Attributes:
        return topic_attributes("kafka", self._prefix + topic)

    async def start(self) -> None:
        self._reconnect()

    def _reconnect(self) -> None:
        self._producer = None
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._connect())

    def _replace(self, producer: AIOKafkaProducer) -> None:
        """A batch that failed leaves a gap in the sequence numbers of its partition: whatever the same idempotent
        producer sends there from now on, the broker refuses as out of order. A new one starts from 0."""
        if self._producer is not producer or self._closed:
            return
        log.warning("event_log.producer_replaced")
        self._reconnect()
        retiring = asyncio.create_task(stop_client(producer))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)

    async def _connect(self) -> None:
        while self._producer is None and not self._closed:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers,
                enable_idempotence=True,
                linger_ms=_LINGER_MS,
                # Not before those who wait for it give up.
                request_timeout_ms=round(1000 * max(_SEND_TIMEOUT, self._timeout)),
            )
            try:
                await start_client(producer)
            except StoreUnavailable:
                await asyncio.sleep(0.2)
            else:
                self._producer = producer

    async def publish(
        self,
        topic: str,
        key: str,
        value: bytes,
        *,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> None:
        pairs = [(key, value)]
        [problem] = await self.publish_many(topic, pairs, media_type=media_type, headers=headers, timeout=timeout)
        if problem is not None:
            raise problem

    async def publish_many(
        self,
        topic: str,
        messages: Sequence[tuple[str, bytes]],
        *,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> list[Exception | None]:
        if media_type is not None:
            headers = {**(headers or {}), _CONTENT_TYPE: media_type}
        sent: list[Sent] = []
        with suppress(TimeoutError):
            async with StoreTime(timeout or self._timeout, store="event_log"):
                for key, value in messages:
                    sent.append(await self._hand_over(topic, key, value, headers))
                await answered(sent)
        # Of the others nothing was handed to the producer's buffer yet.
        sent += (refused(TimeoutError()) for _ in messages[len(sent) :])
        return [problem_of(one) for one in sent]

    async def _hand_over(self, topic: str, key: str, value: bytes, headers: dict[str, str] | None) -> Sent:
        if (problem := size_problem(key, value, headers)) is not None:
            return problem
        try:
            with kafka_calls():
                return await self._send(topic, key, value, headers)
        except StoreUnavailable as error:
            return refused(error)

    async def _send(
        self, topic: str, key: str, value: bytes, headers: dict[str, str] | None
    ) -> "asyncio.Future[object]":
        # A loop: the one that we waited for may have been replaced before it is our turn.
        while (producer := self._producer) is None:
            assert self._connecting is not None, "start() comes first"
            if self._closed:
                raise ProducerClosed
            await asyncio.shield(self._connecting)
        pairs = [(name, text.encode()) for name, text in (headers or {}).items()]
        try:
            future: asyncio.Future[object] = await producer.send(
                self._prefix + topic, value, key=key.encode(), headers=pairs
            )
        except KafkaError as error:
            if not isinstance(error, _OF_THE_MESSAGE):
                self._replace(producer)
            raise
        future.add_done_callback(partial(self._settled, producer))
        return future

    def _settled(self, producer: AIOKafkaProducer, future: "asyncio.Future[object]") -> None:
        """However long it took: it may be that nobody waits for it any more."""
        if not future.cancelled() and (error := future.exception()) is not None:
            log.debug("event_log.not_delivered", error=type(error).__name__)
            self._replace(producer)

    async def subscribe(self, topics: Sequence[str], group: str) -> Consumer:
        consumer = KafkaConsumer(self._servers, topics, group, self._prefix)
        await consumer.start()
        return consumer

    async def follow(self, topic: str, *, again: float = 0.0) -> Follower:
        follower = KafkaFollower(self._servers, topic, self._prefix)
        await follower.start(again)
        return follower

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        """Make the topics that are not there; returns when they can be used. Errors: StoreUnavailable."""
        await self._whole(self._ensure_topics(topics))

    async def _ensure_topics(self, topics: Sequence[str]) -> None:
        wanted = [NewTopic(self._prefix + name, self._partitions, self._replication) for name in topics]
        async with self._admin() as admin:
            await make_topics(admin, wanted)

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers, request_timeout_ms=_REQUEST_TIMEOUT_MS)
        await start_client(admin)
        try:
            with kafka_calls():
                yield admin
        finally:
            await stop_client(admin)

    @asynccontextmanager
    async def _reader(self, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
        """Open a consumer of no group, assigned to every partition of the topic."""
        reader = AIOKafkaConsumer(
            self._prefix + topic,
            bootstrap_servers=self._servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )
        await start_client(reader)
        try:
            if not reader.assignment():
                raise StoreUnavailable("event_log")  # the topic is not there (yet)
            with kafka_calls():
                yield reader
        finally:
            await stop_client(reader)

    async def read_all(self, topic: str, limit: int) -> Sequence[Message]:
        return await self._whole(self._read_all(topic, limit))

    async def _read_all(self, topic: str, limit: int) -> Sequence[Message]:
        found: list[Message] = []
        async with self._reader(topic) as reader:
            ends = await reader.end_offsets(reader.assignment())
            while len(found) < limit and await _unread(reader, ends):
                batches = await reader.getmany(timeout_ms=500, max_records=limit - len(found))
                found += [message_of(record, self._prefix) for records in batches.values() for record in records]
        return sorted(found, key=lambda message: message.headers.get("time", ""))

    async def end(self, topic: str) -> Marker:
        ends = await self._whole(self._offsets.ends(self._prefix + topic))
        return {str(partition): str(offset) for partition, offset in ends.items()}

    async def has_read(self, topic: str, group: str, marker: Marker) -> bool:
        committed = await self._committed(topic, group)
        return all(committed.get(int(part), 0) >= int(offset) for part, offset in marker.items() if int(offset))

    async def lag(self, topic: str, group: str) -> int:
        end, committed = await self.end(topic), await self._committed(topic, group)
        return sum(max(0, int(offset) - committed.get(int(part), 0)) for part, offset in end.items())

    async def _committed(self, topic: str, group: str) -> dict[int, int]:
        return await self._whole(self._offsets.committed(self._prefix + topic, self._prefix + group))

    async def ping(self) -> None:
        with kafka_calls():
            async with asyncio.timeout(self._timeout):
                if self._producer is None:
                    raise StoreUnavailable("event_log")
                if not await self._producer.client.force_metadata_update():
                    raise StoreUnavailable("event_log")

    async def _whole(self, looking: Coroutine[Any, Any, T]) -> T:
        """To its end, though its caller may be cancelled: he waits for no connection to be closed."""
        task = asyncio.create_task(looking)
        self._looking.add(task)
        task.add_done_callback(self._looked)
        return await asyncio.shield(task)

    def _looked(self, task: asyncio.Task[Any]) -> None:
        self._looking.discard(task)
        if not task.cancelled():
            task.exception()  # there may be nobody who wants to know any more

    async def close(self) -> None:
        self._closed = True
        if self._looking:
            _, late = await asyncio.wait(self._looking, timeout=_LAST_ATTEMPT)
            await cancel_and_wait(*late)
        with suppress(StoreUnavailable):
            await self._offsets.close()
        if self._connecting is not None:
            await cancel_and_wait(self._connecting)
        await asyncio.gather(*self._retiring)
        producer, self._producer = self._producer, None
        if producer is not None:
            await stop_client(producer)


async def _unread(reader: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return any([await reader.position(tp) < end for tp, end in ends.items()])
