"""What the layers above know of the event log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from infra.errors import MessageTooLarge, PublishUnknown
from infra.telemetry.conventions import Attributes

Marker = dict[str, str]
"""A place in a topic: the end of each partition at one moment, as text (Kafka offsets, a stream id)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as read. ``position`` names it within the topic: ``partition:offset`` or a stream id."""

    topic: str
    key: str
    value: bytes
    position: str
    headers: dict[str, str] = field(default_factory=dict)


MAX_MESSAGE = 1_000_000
"""Bytes of key, value and headers; Kafka's own default limit is a little more."""


def size_problem(key: str, value: bytes, headers: dict[str, str] | None) -> MessageTooLarge | None:
    """Check the size: the same limit whichever log it is."""
    texts = [key, *(text for pair in (headers or {}).items() for text in pair)]
    size = len(value) + sum(len(text.encode()) for text in texts)
    return MessageTooLarge(size, MAX_MESSAGE) if size > MAX_MESSAGE else None


def unknown(error: BaseException | None) -> PublishUnknown:
    """Make the outcome of a message that the log may still take."""
    found = PublishUnknown("event_log")
    found.__cause__ = error
    return found


def dead_letter_topic(topic: str) -> str:
    return f"{topic}.dlq"


class Consumer(Protocol):
    """A member of a consumer group with a durable position. Not for concurrent use."""

    async def fetch(self, limit: int, wait: float) -> Sequence[Message]:
        """Fetch up to ``limit`` messages; waits at most ``wait`` seconds for the first.

        Errors: StoreUnavailable.
        """
        ...

    async def commit(self, messages: Sequence[Message]) -> None:
        """Move the group's position past these messages, which must be all that was fetched before them.

        Errors: StoreUnavailable, within seconds.
        """
        ...

    async def close(self) -> None: ...


class Follower(Protocol):
    """Reads everything published since it began, as every other follower does. Not for concurrent use."""

    async def fetch(self, wait: float) -> Sequence[Message]:
        """Fetch what is new; waits at most ``wait`` seconds for it. Errors: StoreUnavailable.

        After an error messages may have been missed: close it, and begin anew.
        """
        ...

    def read_until(self) -> float | None:
        """Returns the moment (``time.monotonic()``) until which all that was published has been fetched; None when
        not known."""
        ...

    async def close(self) -> None: ...


class EventLog(Protocol):
    """At-least-once, ordered by key, durable positions."""

    def attributes(self, topic: str) -> Attributes:
        """Returns what traces say of the topic, and of the system that it is in."""
        ...

    async def start(self) -> None: ...

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
        """Return once the log has acknowledged the message.

        Kafka's messages have ``media_type`` in the header ``content-type``, by which readers that are not ours
        know what the value is. Entries of Redis Streams have no headers and only we read them: it is not kept.
        ``timeout`` in seconds, the settings' ``store_timeout`` when None. Errors: PublishRefused when the
        log certainly did not take it; PublishUnknown when it may still do so; MessageTooLarge.
        """
        ...

    async def publish_many(
        self,
        topic: str,
        messages: Sequence[tuple[str, bytes]],
        *,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> list[Exception | None]:
        """Publish (key, value) pairs together, each a message of its own.

        Returns, in their order, what ``publish`` would have raised of each, or None.
        """
        ...

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        """Make the topics that are not there; returns when they can be used. Errors: StoreUnavailable."""
        ...

    async def subscribe(self, topics: Sequence[str], group: str) -> Consumer: ...

    async def follow(self, topic: str, *, again: float = 0.0) -> Follower:
        """Follow the topic from its end, or from so many seconds before it, as a member of no group.

        Errors: StoreUnavailable.
        """
        ...

    async def read_all(self, topic: str, limit: int) -> Sequence[Message]:
        """Read the oldest ``limit`` messages still kept, regardless of any group (to look into dead letters)."""
        ...

    async def end(self, topic: str) -> Marker:
        """Returns the end of the topic now."""
        ...

    async def has_read(self, topic: str, group: str, marker: Marker) -> bool:
        """Returns whether the group has committed everything before ``marker``."""
        ...

    async def lag(self, topic: str, group: str) -> int:
        """Count the messages of the topic that the group has not committed."""
        ...

    async def ping(self) -> None:
        """Errors: StoreUnavailable when the log does not answer within ``store_timeout``."""
        ...

    async def close(self) -> None: ...
