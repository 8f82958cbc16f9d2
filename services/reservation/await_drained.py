"""Whether what is in the event log has been read."""

import asyncio

import structlog

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from services.shared.events import ORDER_WORKERS, ORDERS

log = structlog.get_logger(__name__)

_DRAIN_WITHIN = 30.0


async def await_drained(infra: Infra) -> None:
    """Wait until the workers have read the order topic to where it ends now. Errors: StoreUnavailable."""
    try:
        async with asyncio.timeout(_DRAIN_WITHIN):
            marker = await infra.events.end(ORDERS)
            pause = 0.05
            while not await infra.events.has_read(ORDERS, ORDER_WORKERS, marker):
                await asyncio.sleep(pause)
                pause = min(1.5 * pause, 0.5)  # asking is work for the very worker that we wait for
    except TimeoutError as error:
        log.warning("event_log.not_drained", topic=ORDERS, within=_DRAIN_WITHIN)
        raise StoreUnavailable("event_log") from error
