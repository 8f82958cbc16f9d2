"""Dead letters: list them, look at one, and replay it: publish its message to its own topic again.

``tasks.dead_letters`` buries them. A replay is as harmless as any second delivery: the handling is idempotent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from infra.cloudevents import MalformedEvent
from infra.eventlog import Message, dead_letter_topic
from infra.runtime import Infra
from models.order_document import LineSnapshot, OrderSnapshot
from services.reservation.keys import parked_epoch
from services.shared.errors import NotFound
from services.shared.event import read_event
from services.shared.events import TOPICS, OrderPlaced

MOST: Final = 10_000
"""Dead letters of a topic that are looked at, the oldest first."""

_REPLAYED: Final = "dlq:replayed"
_OWN_HEADERS: Final = ("reason", "source", "time")
_PUBLISH_WITHIN: Final = 5.0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """``id`` is its own ``topic@position``, ``source`` the message's; ``topic`` is where that belongs.

    Times are ISO 8601 texts, UTC; ``replayed_at`` is the last replay's.
    """

    id: str
    topic: str
    key: str
    value: bytes
    time: str
    reason: str
    source: str
    headers: Mapping[str, str] = field(default_factory=dict)
    replayed_at: str | None = None


async def list_dead_letters(infra: Infra, topics: Sequence[str] = TOPICS) -> list[DeadLetter]:
    """Read the dead letters of these topics, oldest first. Errors: StoreUnavailable."""
    await infra.events.ensure_topics([dead_letter_topic(topic) for topic in topics])
    replayed = await _replayed(infra)
    found: list[DeadLetter] = []
    for topic in topics:
        messages = await infra.events.read_all(dead_letter_topic(topic), MOST)
        found += [_letter(topic, message, replayed) for message in messages]
    return sorted(found, key=lambda letter: letter.time)


async def find_dead_letters(infra: Infra, ids: Sequence[str]) -> list[DeadLetter]:
    """Find dead letters in the order of the ids. Errors: NotFound, StoreUnavailable."""
    by_topic = {dead_letter_topic(topic): topic for topic in TOPICS}
    topics = {by_topic[name] for name in (i.partition("@")[0] for i in ids) if name in by_topic}
    known = {letter.id: letter for letter in await list_dead_letters(infra, sorted(topics))} if topics else {}
    for letter_id in ids:
        if letter_id not in known:
            raise NotFound(f"There is no dead letter {letter_id}.")
    return [known[letter_id] for letter_id in dict.fromkeys(ids)]


async def replay(infra: Infra, letter: DeadLetter) -> None:
    """Returns once the log has the message again, and the letter is marked.

    Errors: StoreUnavailable; the message may be in the log all the same, and replaying it again does no harm.
    """
    headers = {name: text for name, text in letter.headers.items() if name not in _OWN_HEADERS}
    value = await _with_current_epoch(infra, letter)
    await infra.events.publish(
        letter.topic, letter.key, value, headers=headers | {"replayed-from": letter.id}, timeout=_PUBLISH_WITHIN
    )
    async with infra.redis.guard():
        await infra.redis.at(_REPLAYED).client.hset(_REPLAYED, letter.id, infra.now().isoformat())


async def _replayed(infra: Infra) -> dict[str, str]:
    async with infra.redis.guard():
        marks: dict[bytes, bytes] = await infra.redis.at(_REPLAYED).client.hgetall(_REPLAYED)  # type: ignore[assignment]
    return {letter_id.decode(): at.decode() for letter_id, at in marks.items()}


def _letter(topic: str, message: Message, replayed: Mapping[str, str]) -> DeadLetter:
    letter_id = f"{message.topic}@{message.position}"
    return DeadLetter(
        id=letter_id,
        topic=topic,
        key=message.key,
        value=message.value,
        time=message.headers.get("time", ""),
        reason=message.headers.get("reason", ""),
        source=message.headers.get("source", ""),
        headers=message.headers,
        replayed_at=replayed.get(letter_id),
    )


async def _with_current_epoch(infra: Infra, letter: DeadLetter) -> bytes:
    """Returns the message; an order's lines with the epoch of the counters that hold their units by now.

    With the epoch of counters that were loaded again since, the order would take nothing.
    """
    order = _order_of(letter.value)
    if order is None:
        return letter.value
    epochs = [await _epoch_now(infra, order, line) for line in order.lines]
    if epochs == [line.epoch for line in order.lines]:
        return letter.value
    raw: dict[str, Any] = orjson.loads(letter.value)
    for document, epoch in zip(raw["data"]["lines"], epochs, strict=True):
        document["epoch"] = epoch
    return orjson.dumps(raw)


async def _epoch_now(infra: Infra, order: OrderSnapshot, line: LineSnapshot) -> int:
    if line.flash_sale_item_id is None:
        return line.epoch
    parked = await parked_epoch(infra, line.sku, line.flash_sale_item_id, order.id)
    return line.epoch if parked is None else parked


def _order_of(value: bytes) -> OrderSnapshot | None:
    """Returns the order, when the message is that of a placed one and can be read."""
    try:
        event = read_event(value, OrderPlaced)
    except MalformedEvent:
        return None
    return None if event is None else event.order
