"""Topics are there for everybody once they were made; that they were not is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from infra.errors import StoreUnavailable
from infra.eventlog.kafka import KafkaEventLog
from infra.runtime import Infra
from services.shared.events import ORDERS
from settings import Settings
from tests.modes import MODES

pytestmark = pytest.mark.parametrize("mode", MODES[1:], indirect=True)


@asynccontextmanager
async def log_with(settings: Settings, **changes: object) -> AsyncIterator[KafkaEventLog]:
    log = KafkaEventLog(settings.model_copy(update=changes))
    await log.start()
    try:
        yield log
    finally:
        await log.close()


async def test_what_was_made_can_be_asked_for_at_once(infra: Infra) -> None:
    """The controller answers before brokers know of it: a second before, on a busy machine."""
    async with log_with(infra.settings, kafka_partitions=20) as log:
        assert await log.lag(ORDERS, "g") == 0  # it is connected now, so that nothing else takes time
        for turn in range(5):
            name = f"new-{turn}"
            await log.ensure_topics([name])
            assert await log.end(name) == {str(number): "0" for number in range(20)}


async def test_what_cannot_be_made_is_told(settings: Settings) -> None:
    async with log_with(settings, kafka_replication=3) as log:  # there is one broker
        with capture_logs() as told, pytest.raises(StoreUnavailable):
            await log.ensure_topics(["new"])
    [line] = [line for line in told if line["event"] == "event_log.topic_not_made"]
    assert (line["topic"], line["reason"]) == (f"{settings.kafka_prefix}new", "InvalidReplicationFactorError")
