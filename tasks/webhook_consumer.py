"""Reads all that happens in the shop, for the webhooks of merchants' systems."""

import asyncio
from collections.abc import Sequence
from typing import Final

from infra.eventlog import Message
from infra.runtime import Infra
from services.shared.events import TOPICS, WEBHOOK_WORKERS
from services.webhook.make_deliveries import make_deliveries
from tasks.consumer_loop import ConsumerLoop

_BATCH: Final = 500


class WebhookConsumer(ConsumerLoop):
    """One member of the group that makes deliveries."""

    topics = TOPICS
    group = WEBHOOK_WORKERS
    round = 0.2

    def __init__(self, infra: Infra, stop: asyncio.Event) -> None:
        super().__init__(infra, stop, batch=_BATCH)

    async def handle(self, messages: Sequence[Message]) -> None:
        await make_deliveries(self._infra, [message.value for message in messages])
