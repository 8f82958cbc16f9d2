"""How far groups are in Kafka is sampled for ever: by one client of each kind."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

from infra.errors import StoreUnavailable
from infra.eventlog import kafka_offsets
from infra.eventlog.kafka import KafkaEventLog
from infra.runtime import Infra
from services.shared.events import ORDER_WORKERS, ORDERS, TOPICS, WEBHOOK_WORKERS
from tests.modes import MODES

pytestmark = pytest.mark.parametrize("mode", MODES[1:], indirect=True)
MADE: list[object] = []


class Reader(AIOKafkaConsumer):  # type: ignore[misc]  # it has no types
    def __init__(self, *topics: str, **options: object) -> None:
        super().__init__(*topics, **options)
        MADE.append(self)

    def connections(self) -> list[Any]:
        return list(self._client._conns.values())


class Admin(AIOKafkaAdminClient):  # type: ignore[misc]
    is_cut_off = False

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()
        self.goes_on.set()
        MADE.append(self)

    def connections(self) -> list[Any]:
        return list(self._client._conns.values())

    async def describe_topics(self, topics: list[str] | None = None) -> list[object]:
        if self.is_cut_off:
            raise KafkaConnectionError
        answer = list(await super().describe_topics(topics))
        self.asked.set()
        await self.goes_on.wait()
        return answer


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    MADE.clear()
    monkeypatch.setattr(kafka_offsets, "AIOKafkaConsumer", Reader)
    monkeypatch.setattr(kafka_offsets, "AIOKafkaAdminClient", Admin)


async def all_lags(infra: Infra) -> list[int]:
    pairs = [(ORDERS, ORDER_WORKERS), *((topic, WEBHOOK_WORKERS) for topic in TOPICS)]
    return await asyncio.gather(*(infra.events.lag(topic, group) for topic, group in pairs))


async def test_all_pairs_are_sampled_by_one_client_of_each_kind(infra: Infra) -> None:
    await infra.events.publish(ORDERS, "k", b"1")
    for _ in range(3):
        assert await all_lags(infra) == [1, 1, 0, 0, 0]
    assert [type(client) for client in MADE] == [Admin, Reader]


async def test_after_a_failure_they_are_made_anew(infra: Infra) -> None:
    await infra.events.publish(ORDERS, "k", b"1")
    assert await all_lags(infra) == [1, 1, 0, 0, 0]
    [admin, reader] = MADE
    assert isinstance(admin, Admin)
    admin.is_cut_off = True
    assert await all_lags(infra) == [1, 1, 0, 0, 0]
    assert [type(client) for client in MADE] == [Admin, Reader, Admin, Reader]
    assert reader not in MADE[2:]


async def test_what_failed_for_one_is_closed_by_the_last_who_asks(infra: Infra) -> None:
    """A closed client that is asked once more opens a connection, which nobody would close."""
    await infra.events.publish(ORDERS, "k", b"1")
    await infra.events.end(ORDERS)
    [admin, reader] = MADE
    assert isinstance(admin, Admin)
    assert isinstance(reader, Reader)
    admin.goes_on.clear()
    admin.asked.clear()
    late = asyncio.create_task(infra.events.end(ORDERS))
    await admin.asked.wait()
    admin.is_cut_off = True
    with pytest.raises(StoreUnavailable):
        await infra.events.end("nothing.v1")
    admin.goes_on.set()
    assert sum(map(int, (await late).values())) == 1
    assert not any(connection.connected() for client in (admin, reader) for connection in client.connections())


async def test_what_cannot_be_answered_leaves_none_behind(infra: Infra) -> None:
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await infra.events.lag("nothing.v1", ORDER_WORKERS)
    assert [type(client) for client in MADE] == [Admin, Reader] * 2
    events = infra.events
    assert isinstance(events, KafkaEventLog)
    await events.close()
    with pytest.raises(StoreUnavailable):
        await events.lag(ORDERS, ORDER_WORKERS)
    assert len(MADE) == 4
