"""Dead letters: messages that cannot be handled go to their topic's ``.dlq`` with the reason."""

from dataclasses import replace

import structlog

from infra.errors import MessageTooLarge, PublishUnknown
from infra.eventlog import Message, dead_letter_topic
from infra.runtime import Infra

log = structlog.get_logger(__name__)
_REASON_LENGTH = 500
_KEPT_KEY = 200
_KEPT_VALUE = 500_000


async def bury(infra: Infra, message: Message, reason: str) -> None:
    """Returns when the dead letter is kept; the original may be committed then. Errors: StoreUnavailable."""
    own = {
        "reason": reason[:_REASON_LENGTH],
        "source": f"{message.topic}@{message.position}",
        "time": infra.now().isoformat(),
    }
    try:
        await _publish(infra, message, message.headers | own)
    except MessageTooLarge:
        # With the reason it is more than the log takes: its beginning must do to see what it was.
        cut = replace(message, key=message.key[:_KEPT_KEY], value=message.value[:_KEPT_VALUE])
        await _publish(infra, cut, own)
    log.error("dead_letter", source=own["source"], reason=own["reason"])


async def _publish(infra: Infra, message: Message, headers: dict[str, str]) -> None:
    topic = dead_letter_topic(message.topic)
    try:
        await infra.events.publish(topic, message.key, message.value, headers=headers, timeout=5.0)
    except PublishUnknown:
        log.warning("dead_letter.unconfirmed", source=headers["source"])
        raise
