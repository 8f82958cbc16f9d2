"""Messages that were handed to Kafka's producer, and what became of them."""

import asyncio
from collections.abc import Sequence

from infra.errors import PublishRefused
from infra.eventlog.protocol import unknown

Sent = asyncio.Future[object] | Exception
"""What the producer has, or why it has it not."""


def refused(error: Exception) -> PublishRefused:
    """Make the outcome of a message that never came into the producer's buffer."""
    found = PublishRefused("event_log")
    found.__cause__ = error
    return found


async def answered(sent: Sequence[Sent]) -> None:
    """Wait for the log's answers."""
    futures = {one for one in sent if isinstance(one, asyncio.Future)}
    if futures:
        await asyncio.wait(futures)


def problem_of(sent: Sent) -> Exception | None:
    """Returns what has gone wrong; without an answer the producer goes on trying, which is the unknown outcome."""
    if isinstance(sent, Exception):
        return sent
    if not sent.done() or sent.cancelled():
        return unknown(None)
    error = sent.exception()
    return None if error is None else unknown(error)
