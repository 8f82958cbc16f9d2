"""How a long-running process begins, how it is told to stop, and what it says when it cannot go on."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NoReturn

import uvloop

from infra.embedded_valkey import EmbeddedValkeyError
from infra.logging import configure_logging
from infra.telemetry.tracing import tracing
from settings import Settings

_COLLECT_EVERY = 10_000
"""New objects that can be part of a cycle, more than the requests in flight hold."""


def run_until_stopped(settings: Settings, part: str, main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run ``main`` on uvloop; SIGINT and SIGTERM set its event, also where a shell made us ignore SIGINT."""
    configure_logging(settings)

    async def body() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await main(stop)

    try:
        with suppress(KeyboardInterrupt), tracing(part):
            uvloop.run(body())
    except EmbeddedValkeyError as error:
        fail(str(error))


def settle_garbage_collection() -> None:
    """Call once all is imported and built: that lives as long as the process, so it is never looked at again.

    Every request in flight holds hundreds of objects: with Python's default of a collection each 700 they would
    all grow old, and each look at the old ones walks through everything there is.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY, 20, 50)


def fail(message: str, code: int = 1) -> NoReturn:
    """Tell the user in one go, and end."""
    print(message, file=sys.stderr, flush=True)
    sys.exit(code)
