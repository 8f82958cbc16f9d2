"""Loops that run until told to stop, and outlive the outage of a store."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from infra.cancellation import cancel_and_wait, is_cancelled
from infra.errors import StoreUnavailable

log = structlog.get_logger(__name__)
_BACK_OFF = 1.0


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, or return at once when it is time to stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, object]) -> None:
    """Run ``work``; leave it half done when it is time to stop: for what may wait long and is done again later."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        await cancel_and_wait(working, stopping)


async def every(seconds: float, stop: asyncio.Event, work: Callable[[], Awaitable[object]], name: str) -> None:
    """Run ``work`` again and again. An outage is told once; any other fault is logged whole, and not fatal."""
    down = False
    while not stop.is_set():
        try:
            await work()
            if down:
                log.info("loop.recovered", loop=name)
            down = False
        except StoreUnavailable as error:
            if not down:
                log.warning("loop.store_down", loop=name, store=error.store)
            down = True
        except (Exception, asyncio.CancelledError):
            if is_cancelled():
                raise
            log.exception("loop.failed", loop=name)
            await pause(stop, _BACK_OFF)
        await pause(stop, seconds)


async def supervised(stop: asyncio.Event, run: Callable[[], Awaitable[object]], name: str) -> None:
    """Start ``run`` again whenever it fails, until it is time to stop."""
    await every(_BACK_OFF, stop, run, name)
