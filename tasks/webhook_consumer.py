"""Reads all that happens in the shop, for the webhooks of merchants' systems."""

import asyncio
from typing import Final

import structlog

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from services.shared.events import TOPICS, WEBHOOK_WORKERS
from services.webhook.make_deliveries import make_deliveries
from tasks.loops import pause

log = structlog.get_logger(__name__)
_BATCH: Final = 500
_WAIT: Final = 0.5
_RETRY_AFTER: Final = 0.5
_QUIET: Final = 30


async def read_for_webhooks(infra: Infra, stop: asyncio.Event) -> None:
    """Read until told to stop; the position moves only past what deliveries were made of.

    Errors: StoreUnavailable.
    """
    consumer = await infra.events.subscribe(TOPICS, WEBHOOK_WORKERS)
    quiet = 0
    try:
        while not stop.is_set():
            messages = await consumer.fetch(_BATCH, _WAIT)
            if messages:
                quiet = 0
                if await _make(infra, stop, [message.value for message in messages]):
                    await consumer.commit(messages)
            elif (quiet := quiet + 1) % _QUIET == 0 and await _has_more(infra):
                # A consumer that gets nothing while there is something is replaced (aiokafka #1037, #625).
                log.warning("consumer.deaf", group=WEBHOOK_WORKERS)
                return
    finally:
        await consumer.close()


async def _make(infra: Infra, stop: asyncio.Event, values: list[bytes]) -> bool:
    """Make deliveries, again and again until it is done; returns False when it is time to stop before that."""
    while True:
        try:
            await make_deliveries(infra, values)
        except StoreUnavailable as error:
            log.warning("webhook.waiting", store=error.store, messages=len(values))
            if stop.is_set():
                return False
            await pause(stop, _RETRY_AFTER)
        else:
            return True


async def _has_more(infra: Infra) -> bool:
    return any([await infra.events.lag(topic, WEBHOOK_WORKERS) for topic in TOPICS])
