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
from infra.eventlog.kafka_clients import start_client, stop_client
from infra.eventlog.kafka_errors import kafka_calls

T = TypeVar("T")
_REQUEST_TIMEOUT_MS: Final = 10_000
_COORDINATOR_RETRY: Final = 0.1


@dataclass(slots=True)
class _Clients:
    """``reader`` is of no group, and reads nothing: only a consumer can ask where partitions end."""

    admin: AIOKafkaAdminClient
    reader: AIOKafkaConsumer
    asking: int = 0

    async def start(self) -> None:
        await start_client(self.admin)
        try:
            await start_client(self.reader)
        except BaseException:
            await stop_client(self.admin)
            raise

    async def close(self) -> None:
        try:
            await stop_client(self.admin)
        finally:
            await stop_client(self.reader)


class KafkaOffsets:
    """Connects when first asked, and anew after a failure."""

    def __init__(self, servers: str, timeout: float) -> None:
        self._servers = servers
        self._timeout = timeout
        self._clients: _Clients | None = None
        self._connecting = asyncio.Lock()
        self._closed = False

    async def ends(self, topic: str) -> dict[int, int]:
        """Returns the end of each partition. Errors: StoreUnavailable, also for a topic that is not there."""
        return await self._ask(lambda clients: _ends(clients, topic))

    async def committed(self, topic: str, group: str) -> dict[int, int]:
        """Returns the group's place in each partition that it has one in. Errors: StoreUnavailable."""
        offsets = await self._ask(lambda clients: self._offsets(clients.admin, group))
        return {place.partition: meta.offset for place, meta in offsets.items() if place.topic == topic}

    async def _ask(self, question: Callable[[_Clients], Awaitable[T]]) -> T:
        was_kept = self._clients is not None
        try:
            return await self._ask_once(question)
        except StoreUnavailable:
            # What was kept may be of a broker that is gone.
            if not was_kept:
                raise
        return await self._ask_once(question)

    async def _ask_once(self, question: Callable[[_Clients], Awaitable[T]]) -> T:
        clients = await self._connected()
        clients.asking += 1
        try:
            with kafka_calls():
                return await question(clients)
        except BaseException:
            self._forget(clients)
            raise
        finally:
            clients.asking -= 1
            await self._close_forgotten(clients)

    async def _connected(self) -> _Clients:
        async with self._connecting:
            if self._closed:
                raise StoreUnavailable("event_log")
            if self._clients is None:
                self._clients = await _connect(self._servers)
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

    def _forget(self, clients: _Clients) -> None:
        if self._clients is clients:
            self._clients = None

    async def _close_forgotten(self, clients: _Clients) -> None:
        """Whoever asks them last closes them: asked once more, a closed client opens a connection again."""
        if self._clients is not clients and not clients.asking:
            await clients.close()

    async def close(self) -> None:
        """Close what was kept, once nobody is asking any more."""
        self._closed = True
        if (clients := self._clients) is not None:
            self._forget(clients)
            await self._close_forgotten(clients)


async def _connect(servers: str) -> _Clients:
    options = {"bootstrap_servers": servers, "request_timeout_ms": _REQUEST_TIMEOUT_MS}
    clients = _Clients(AIOKafkaAdminClient(**options), AIOKafkaConsumer(enable_auto_commit=False, **options))
    await clients.start()
    return clients


async def _ends(clients: _Clients, topic: str) -> dict[int, int]:
    [described] = await clients.admin.describe_topics([topic])
    places = [TopicPartition(topic, partition["partition"]) for partition in described["partitions"]]
    if not places:
        raise StoreUnavailable("event_log")  # the topic is not there (yet)
    ends = await clients.reader.end_offsets(places)
    return {place.partition: end for place, end in ends.items()}
