"""The contract of the event log, the same for Kafka and for Redis Streams."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infra.cancellation import cancel_and_wait
from infra.errors import MessageTooLarge
from infra.eventlog import Consumer, Message
from infra.eventlog import streams as redis_streams
from infra.eventlog.protocol import MAX_MESSAGE
from infra.runtime import Infra
from services.shared.events import ORDERS as TOPIC
from tests.modes import MODES

GROUP = "readers"


@asynccontextmanager
async def member(infra: Infra, group: str = GROUP) -> AsyncIterator[Consumer]:
    consumer = await infra.events.subscribe([TOPIC], group)
    yield consumer
    await consumer.close()


async def take(consumer: Consumer, count: int, *, limit: int = 100, within: int = 60) -> list[Message]:
    """Fetch until there are ``count``; no more may come with them."""
    found: list[Message] = []
    for _ in range(within):
        found += await consumer.fetch(limit, 0.25)
        if len(found) >= count:
            break
    assert len(found) == count
    return found


async def test_messages_come_in_order_by_key_with_their_headers(infra: Infra) -> None:
    for number in range(30):
        key = f"k{number % 3}"
        await infra.events.publish(TOPIC, key, f"{number}".encode(), headers={"n": f"{number}", "ß": "ü"})
    async with member(infra) as consumer:
        found = await take(consumer, 30, limit=7)
    for key in ("k0", "k1", "k2"):
        numbers = [int(message.value) for message in found if message.key == key]
        assert numbers == sorted(numbers)
        assert len(numbers) == 10
    assert {message.topic for message in found} == {TOPIC}
    assert all(message.headers == {"n": message.value.decode(), "ß": "ü"} for message in found)
    assert len({message.position for message in found}) == 30


async def test_a_message_may_have_no_headers_no_text_and_any_bytes(infra: Infra) -> None:
    await infra.events.publish(TOPIC, "k", b"")
    await infra.events.publish(TOPIC, "k", bytes(range(256)))
    async with member(infra) as consumer:
        found = await take(consumer, 2)
    assert [(m.value, m.headers) for m in found] == [(b"", {}), (bytes(range(256)), {})]


async def test_what_is_published_together_is_a_message_each(infra: Infra) -> None:
    pairs = [("a", b"1"), ("b", b"x" * MAX_MESSAGE), ("a", b"2"), ("c", b"3")]
    problems = await infra.events.publish_many(TOPIC, pairs, headers={"n": "1"})
    assert [type(problem) for problem in problems] == [type(None), MessageTooLarge, type(None), type(None)]
    assert await infra.events.publish_many(TOPIC, pairs[1:2]) != [None]
    async with member(infra) as consumer:
        found = await take(consumer, 3)
    assert [message.value for message in found if message.key == "a"] == [b"1", b"2"]
    assert {(message.key, tuple(message.headers.items())) for message in found} == {
        ("a", (("n", "1"),)),
        ("c", (("n", "1"),)),
    }


async def test_what_is_not_committed_comes_again_and_what_is_does_not(infra: Infra, fast_claims: None) -> None:
    for number in range(6):
        await infra.events.publish(TOPIC, "k", f"{number}".encode())
    async with member(infra) as consumer:
        first = await take(consumer, 3, limit=3)
        await consumer.commit(first)
        await take(consumer, 3, limit=3)
    async with member(infra) as consumer:
        again = await take(consumer, 3)
        assert [message.value for message in again] == [b"3", b"4", b"5"]
        await consumer.commit(again)
    async with member(infra) as consumer:
        assert list(await consumer.fetch(10, 0.5)) == []
    async with member(infra, "others") as consumer:
        assert len(await take(consumer, 6)) == 6


async def test_the_messages_of_a_dead_member_go_to_another(infra: Infra, fast_claims: None) -> None:
    """It fetched and never said goodbye; for Kafka it goes, which is what its session's end comes to."""
    for number in range(4):
        await infra.events.publish(TOPIC, f"k{number}", f"{number}".encode())
    dead = await infra.events.subscribe([TOPIC], GROUP)
    await take(dead, 4)
    if not infra.settings.embedded:
        await dead.close()
    async with member(infra) as heir:
        found = await take(heir, 4)
        assert sorted(message.value for message in found) == [b"0", b"1", b"2", b"3"]
        await heir.commit(found)
    assert await infra.events.lag(TOPIC, GROUP) == 0


async def test_two_members_share_the_messages(infra: Infra) -> None:
    async with member(infra) as one, member(infra) as two:
        for number in range(40):
            await infra.events.publish(TOPIC, f"k{number}", f"{number}".encode())
        seen: list[bytes] = []
        for _ in range(60):
            for each in (one, two):
                batch = await each.fetch(5, 0.1)
                await each.commit(batch)
                seen += [message.value for message in batch]
            if len(set(seen)) == 40:
                break
        assert {int(value) for value in seen} == set(range(40))
    assert await infra.events.lag(TOPIC, GROUP) == 0


async def test_the_end_is_read_once_everything_before_it_is_committed(infra: Infra) -> None:
    nothing = await infra.events.end(TOPIC)
    assert await infra.events.has_read(TOPIC, GROUP, nothing)
    await infra.events.publish(TOPIC, "a", b"1")
    await infra.events.publish(TOPIC, "b", b"2")
    end = await infra.events.end(TOPIC)
    assert not await infra.events.has_read(TOPIC, GROUP, end)
    assert await infra.events.lag(TOPIC, GROUP) == 2
    async with member(infra) as consumer:
        found = await take(consumer, 2)
        assert not await infra.events.has_read(TOPIC, GROUP, end)
        await consumer.commit(found)
        assert await infra.events.has_read(TOPIC, GROUP, end)
        assert await infra.events.lag(TOPIC, GROUP) == 0
        await infra.events.publish(TOPIC, "a", b"3")
        assert await infra.events.has_read(TOPIC, GROUP, end)  # later messages are no concern of it
        assert not await infra.events.has_read(TOPIC, GROUP, await infra.events.end(TOPIC))
        assert await infra.events.lag(TOPIC, GROUP) == 1


async def test_everything_kept_can_be_looked_into(infra: Infra) -> None:
    for number in range(5):
        await infra.events.publish(TOPIC, "k", f"{number}".encode(), headers={"time": f"{number}"})
    assert [m.value for m in await infra.events.read_all(TOPIC, 3)] == [b"0", b"1", b"2"]
    assert len(await infra.events.read_all(TOPIC, 100)) == 5


async def test_a_message_that_is_too_big_is_refused_as_such(infra: Infra) -> None:
    """Not as an outage: nobody should try it again."""
    with pytest.raises(MessageTooLarge):
        await infra.events.publish(TOPIC, "k", b"x" * 1_100_000)
    await infra.events.publish(TOPIC, "k", b"x" * 900_000)
    async with member(infra) as consumer:
        [kept] = await take(consumer, 1)
    assert len(kept.value) == 900_000


@pytest.mark.parametrize("mode", MODES[:1], indirect=True)
async def test_the_log_in_redis_goes_on_when_its_memory_was_lost(infra: Infra) -> None:
    await infra.events.publish(TOPIC, "k", b"lost")
    async with member(infra) as consumer:
        await infra.redis.client.flushall()
        await infra.events.publish(TOPIC, "k", b"after")
        found = await take(consumer, 1)
        assert found[0].value == b"after"
        await infra.redis.client.flushall()
        await consumer.commit(found)


@pytest.fixture
def fast_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a member left is another's after a moment, not after seconds."""
    monkeypatch.setattr(redis_streams, "_CLAIM_IDLE_MS", 1)
    monkeypatch.setattr(redis_streams, "_CLAIM_EVERY", 0.0)


async def test_a_look_that_is_cancelled_leaves_no_connection_open(infra: Infra) -> None:
    """Wherever it is: aiokafka does not close what it was opening, and warns of it; warnings are errors."""
    looks: list[Callable[[], Coroutine[Any, Any, object]]] = [
        lambda: infra.events.ensure_topics([TOPIC]),
        lambda: infra.events.lag(TOPIC, GROUP),
        lambda: infra.events.read_all(TOPIC, 1),
    ]
    for look in looks:
        for turns in range(0, 24, 2):
            looking = asyncio.create_task(look())
            for _ in range(turns):
                await asyncio.sleep(0)
            await cancel_and_wait(looking)
    await infra.events.close()
    gc.collect()
