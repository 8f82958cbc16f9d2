"""Where topics end and how far groups are: asked again and again, by one client of each kind that is kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata

from infra.errors import StoreUnavailable
from infra.eventlog.kafka_errors import kafka_calls

T = TypeVar("T")
_REQUEST_TIMEOUT_MS: Final = 10_000
_COORDINATOR_RETRY: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Clients:
    """``reader`` is of no group, and reads nothing: only a consumer can ask where partitions end."""

    admin: AIOKafkaAdminClient
    reader: AIOKafkaConsumer

    async def close(self) -> None:
        try:
            with kafka_calls():
                await self.admin.close()
        finally:
            with kafka_calls():
                await self.reader.stop()


class KafkaOffsets:
    """Connects when first asked, and anew after a failure. One question at a time."""

    def __init__(self, servers: str, timeout: float) -> None:
        self._servers = servers
        self._timeout = timeout
        self._clients: _Clients | None = None
        self._asking = asyncio.Lock()
        self._closed = False

    async def ends(self, topic: str) -> dict[int, int]:
        """Returns the end of each partition. Errors: StoreUnavailable, also for a topic that is not there."""
        return await self._ask(lambda clients: _ends(clients, topic))

    async def committed(self, topic: str, group: str) -> dict[int, int]:
        """Returns the group's place in each partition that it has one in. Errors: StoreUnavailable."""
        offsets = await self._ask(lambda clients: self._offsets(clients.admin, group))
        return {place.partition: meta.offset for place, meta in offsets.items() if place.topic == topic}

    async def _ask(self, question: Callable[[_Clients], Awaitable[T]]) -> T:
        async with self._asking:
            was_kept = self._clients is not None
            try:
                return await self._ask_once(question)
            except StoreUnavailable:
                # What was kept may be of a broker that is gone.
                if not was_kept:
                    raise
            return await self._ask_once(question)

    async def _ask_once(self, question: Callable[[_Clients], Awaitable[T]]) -> T:
        try:
            with kafka_calls():
                return await question(await self._connected())
        except BaseException:
            await self._forget()
            raise

    async def _connected(self) -> _Clients:
        if self._closed:
            raise StoreUnavailable("event_log")
        if self._clients is None:
            self._clients = _Clients(
                AIOKafkaAdminClient(bootstrap_servers=self._servers, request_timeout_ms=_REQUEST_TIMEOUT_MS),
                AIOKafkaConsumer(
                    bootstrap_servers=self._servers,
                    enable_auto_commit=False,
                    request_timeout_ms=_REQUEST_TIMEOUT_MS,
                ),
            )
            await self._clients.admin.start()
            await self._clients.reader.start()
        return self._clients

    async def _offsets(self, admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, OffsetAndMetadata]:
        # A broker makes its topic of offsets when it is first asked for a group, and refuses until it has it.
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                offsets: dict[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(group)
            except GroupCoordinatorNotAvailableError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_COORDINATOR_RETRY)
            else:
                return offsets

    async def _forget(self) -> None:
        clients, self._clients = self._clients, None
        if clients is not None:
            await clients.close()

    async def close(self) -> None:
        """Nobody may be asking any more."""
        self._closed = True
        await self._forget()


async def _ends(clients: _Clients, topic: str) -> dict[int, int]:
    [described] = await clients.admin.describe_topics([topic])
    places = [TopicPartition(topic, partition["partition"]) for partition in described["partitions"]]
    if not places:
        raise StoreUnavailable("event_log")  # the topic is not there (yet)
    ends = await clients.reader.end_offsets(places)
    return {place.partition: end for place, end in ends.items()}
