"""The producer itself, through an absence of Kafka that outlasts its own patience."""

import asyncio
from collections.abc import Awaitable
from uuid import uuid4

import pytest

from infra.errors import StoreUnavailable
from infra.eventlog import EventLog, kafka
from infra.runtime import open_infra
from infra.stack import Stack
from services.shared.events import ORDERS
from settings import Settings
from tests.waiting import until

pytestmark = pytest.mark.stack
_PATIENCE = 1.0
_MESSAGES = 24  # four for each partition


async def test_publishes_to_every_partition_when_kafka_is_back(
    chaos_settings: Settings, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "_SEND_TIMEOUT", _PATIENCE)
    settings = chaos_settings.model_copy(update={"kafka_prefix": f"c{uuid4().hex[:8]}.", "store_timeout": 0.3})
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics([ORDERS])
        await until(lambda: _publish(infra.events), lambda failed: failed == 0)
        # Published to while it stops: the producer hears that the partitions have no leader any more.
        stopping = asyncio.create_task(asyncio.to_thread(stack.stop, "kafka"))
        try:
            while not stopping.done():
                await _publish(infra.events)
            await asyncio.sleep(2 * _PATIENCE)  # the fault itself
            assert await _publish(infra.events) == _MESSAGES
        finally:
            await stopping
            await asyncio.to_thread(stack.start, "kafka")
        await until(lambda: _publish(infra.events), lambda failed: failed == 0)


async def _publish(log: EventLog) -> int:
    """How many of the messages were not acknowledged."""
    keys = [uuid4().hex for _ in range(_MESSAGES)]
    return sum(await asyncio.gather(*(_fails(log.publish(ORDERS, key, b"{}")) for key in keys)))


async def _fails(publishing: Awaitable[None]) -> bool:
    try:
        await publishing
    except StoreUnavailable:
        return True
    return False
