"""Topics of Kafka: made, and there for everybody."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

log = structlog.get_logger(__name__)
_KNOWN_WITHIN: Final = 10.0
_PAUSE: Final = 0.02


async def make_topics(admin: AIOKafkaAdminClient, wanted: Sequence[NewTopic]) -> None:
    """Make the topics that are not there, and wait until brokers know them and who leads them.

    The controller answers once it has written a topic down; brokers hear of it later, a busy one more than a
    second later, and until then say that there is no such topic. Errors: KafkaError.
    """
    present = set(await admin.list_topics())
    missing = [topic for topic in wanted if topic.name not in present]
    if not missing:
        return
    answer = await admin.create_topics(missing)
    for name, code, *message in answer.topic_errors:
        # Another process may be doing the same: its topics are ours.
        if code not in (0, TopicAlreadyExistsError.errno):
            log.warning("event_log.topic_not_made", topic=name, reason=for_code(code).__name__, message=message)
            raise for_code(code)(name)
    await _known(admin, [topic.name for topic in missing])


async def _known(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    deadline = time.monotonic() + _KNOWN_WITHIN
    while not all(map(_is_led, await admin.describe_topics(names))):
        if time.monotonic() > deadline:
            raise UnknownTopicOrPartitionError(names)
        await asyncio.sleep(_PAUSE)


def _is_led(topic: dict[str, Any]) -> bool:
    partitions = topic["partitions"]
    return bool(partitions) and all(partition["leader"] >= 0 for partition in partitions)
