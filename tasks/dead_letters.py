"""Dead letters: messages that cannot be handled go to their topic's ``.dlq`` with the reason."""

import structlog

from infra.errors import PublishUnknown
from infra.eventlog import Message, dead_letter_topic
from infra.runtime import Infra

log = structlog.get_logger(__name__)
_REASON_LENGTH = 500


async def bury(infra: Infra, message: Message, reason: str) -> None:
    """Returns when the dead letter is kept; the original may be committed then. Errors: StoreUnavailable."""
    headers = message.headers | {
        "reason": reason[:_REASON_LENGTH],
        "source": f"{message.topic}@{message.position}",
        "time": infra.now().isoformat(),
    }
    try:
        await infra.events.publish(
            dead_letter_topic(message.topic), message.key, message.value, headers=headers, timeout=5.0
        )
    except PublishUnknown:
        log.warning("dead_letter.unconfirmed", source=headers["source"])
        raise
    log.error("dead_letter", source=headers["source"], reason=headers["reason"])
