"""Topics that are there before a test wants them: made ahead of it, deleted some tests later.

To make and delete them is most of what a test takes of Kafka: those that nothing was written to serve once more,
and some sets are made at once, as it costs as much to wait for one as for all. Few at once: a client that asks for
all topics is told of all workers', and takes some milliseconds of a processor for each hundred.
"""

import asyncio
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.changes import TOPIC as CHANGES
from infra.eventlog import dead_letter_topic
from infra.eventlog.kafka_topics import make_topics
from services.shared.events import ALL_TOPICS, TOPICS

# A small broker can hold a few hundred partitions, not those of every test of the suite.
PARTITIONS = 2
_DELETE_AT_ONCE = 4
_MAKE_AT_ONCE = 2
# Nobody shares the work of reading the others.
_SINGLE = {CHANGES, *map(dead_letter_topic, TOPICS)}


class TopicPool:
    """Sets of all topics, each under a prefix of its own."""

    def __init__(self, admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer) -> None:
        self._admin = admin
        self._reader = reader
        self._untouched: list[str] = []
        self._used: list[str] = []
        self._deleting: set[asyncio.Task[None]] = set()
        self._next = asyncio.create_task(self._make())

    @classmethod
    async def open(cls, servers: str) -> "TopicPool":
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        reader = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
        await reader.start()
        return cls(admin, reader)

    async def take(self) -> str:
        """Returns the prefix of a set that is ready."""
        if self._untouched:
            return self._untouched.pop()
        self._untouched += await self._next
        self._next = asyncio.create_task(self._make())
        return self._untouched.pop()

    async def give_back(self, prefix: str) -> None:
        """Have all that is under the prefix deleted, a test's own topics too, unless it is as it was."""
        if await self._is_untouched(prefix):
            self._untouched.append(prefix)
            return
        self._used.append(prefix)
        if len(self._used) >= _DELETE_AT_ONCE:
            used, self._used = tuple(self._used), []
            deleting = asyncio.create_task(self._delete(used))
            self._deleting.add(deleting)
            deleting.add_done_callback(self._deleting.discard)

    async def close(self) -> None:
        self._used += [*self._untouched, *await self._next]
        await asyncio.gather(*self._deleting)
        await self._delete(tuple(self._used))
        await self._reader.stop()
        await self._admin.close()

    async def _is_untouched(self, prefix: str) -> bool:
        """Nobody reads what was in the topic of changes before he came."""
        ours = {prefix + name for name in ALL_TOPICS}
        places = [
            TopicPartition(prefix + name, number)
            for name in ALL_TOPICS
            if name != CHANGES
            for number in range(_partitions(name))
        ]
        self._reader.assign(places)
        try:
            ends = await self._reader.end_offsets(places)
        finally:
            self._reader.unsubscribe()
        if any(ends.values()):
            return False
        return {name for name in await self._admin.list_topics() if name.startswith(prefix)} == ours

    async def _make(self) -> list[str]:
        prefixes = [f"t{uuid4().hex[:8]}." for _ in range(_MAKE_AT_ONCE)]
        wanted = [NewTopic(prefix + name, _partitions(name), 1) for prefix in prefixes for name in ALL_TOPICS]
        await make_topics(self._admin, wanted)
        return prefixes

    async def _delete(self, prefixes: tuple[str, ...]) -> None:
        ours = [topic for topic in await self._admin.list_topics() if topic.startswith(prefixes)]
        await self._admin.delete_topics(ours)


def _partitions(topic: str) -> int:
    return 1 if topic in _SINGLE else PARTITIONS
