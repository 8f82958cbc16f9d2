"""How a long-running process begins, how it is told to stop, and what it says when it cannot go on."""

import asyncio
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
from settings.errors import BadSetting


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
    except BadSetting as error:
        fail(str(error), 2)


def fail(message: str, code: int = 1) -> NoReturn:
    """Tell the user in one go, and end."""
    print(message, file=sys.stderr, flush=True)
    sys.exit(code)
