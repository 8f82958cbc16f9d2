"""Whoever is told to stop while he asks Kafka leaves no connection open: he is cut at each request."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection

from infra.cancellation import cancel_and_wait
from infra.eventlog import Message
from infra.eventlog.kafka import KafkaEventLog
from infra.eventlog.kafka_consumer import _Finishing
from infra.eventlog.kafka_state import look_at_kafka
from infra.runtime import Infra
from services.shared.events import ORDERS
from settings import Settings
from tests.modes import MODES

pytestmark = pytest.mark.parametrize("mode", MODES[1:], indirect=True)


_OURS = ContextVar("_OURS", default=False)
Work = Callable[[Settings], Awaitable[object]]


@dataclass
class Requests:
    """What the work sends on any connection, also by tasks that it makes. One of the requests cuts it."""

    connections: list[Any] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None
    left: int = 0

    async def cut(self, work: Awaitable[object], at: int) -> bool:
        """Returns whether it came so far."""
        self.connections.clear()
        self.left, self.task = at, asyncio.create_task(_ours(work))
        await asyncio.wait({self.task})
        await cancel_and_wait(self.task)
        assert self.left <= 0 or self.task.exception() is None
        return self.left <= 0

    def sent(self, connection: object) -> None:
        self.connections.append(connection)
        self.left -= 1
        if self.left == 0 and self.task is not None:
            asyncio.get_running_loop().call_soon(self.task.cancel)

    def open(self) -> list[Any]:
        return [connection for connection in self.connections if connection.connected()]


async def _ours(work: Awaitable[object]) -> None:
    _OURS.set(True)
    await work


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Requests:
    found = Requests()
    send = AIOKafkaConnection.send

    def sent(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _OURS.get():
            found.sent(self)
        return send(self, *args, **kwargs)

    monkeypatch.setattr(AIOKafkaConnection, "send", sent)
    return found


async def consume(settings: Settings) -> None:
    consumer = await KafkaEventLog(settings).subscribe([ORDERS], "readers")
    await consumer.close()


async def follow(settings: Settings) -> None:
    follower = await KafkaEventLog(settings).follow(ORDERS)
    await follower.close()


async def publish(settings: Settings) -> None:
    log = KafkaEventLog(settings)
    await log.start()
    try:
        await log.publish(ORDERS, "k", b"1")
    finally:
        await log.close()


async def look(settings: Settings) -> None:
    log = KafkaEventLog(settings)
    try:
        await asyncio.gather(log.ensure_topics([ORDERS]), log.read_all(ORDERS, 1), log.lag(ORDERS, "readers"))
    finally:
        await log.close()


async def look_at_all(settings: Settings) -> None:
    await look_at_kafka(settings, [ORDERS])


@pytest.mark.parametrize("work", [consume, follow, publish, look, look_at_all])
async def test_cut_at_any_request_it_leaves_no_connection_open(
    settings: Settings, requests: Requests, work: Work
) -> None:
    at = 1
    while await requests.cut(work(settings), at):
        assert requests.open() == [], f"request {at}"
        at += 1
    assert requests.open() == []
    assert at > 3


async def test_what_is_at_hand_when_another_comes_is_read_once(
    settings: Settings, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has read messages lets go of their partitions once he has committed them."""
    asked, let_go = asyncio.Event(), _Finishing.on_partitions_revoked

    async def revoked(self: _Finishing, partitions: object) -> None:
        if partitions:
            asked.set()
        await let_go(self, partitions)

    monkeypatch.setattr(_Finishing, "on_partitions_revoked", revoked)
    for number in range(12):
        await infra.events.publish(ORDERS, f"{number}", b"once")
    log = KafkaEventLog(settings)
    first = await log.subscribe([ORDERS], "readers")
    found: list[Message] = []
    while len(found) < 12:
        found = [*found, *await first.fetch(100, 0.5)]
    coming = asyncio.create_task(log.subscribe([ORDERS], "readers"))
    async with asyncio.timeout(30):
        await asked.wait()
    assert not coming.done()
    await first.commit(found)
    second = await coming
    assert [await one.fetch(100, 0.5) for one in (first, second)] == [[], []]
    for one in (first, second):
        await one.close()
