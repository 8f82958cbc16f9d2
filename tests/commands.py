"""Commands as processes of their own, on a test's stores."""

import asyncio
import os
import subprocess
import sys

from chaos.environment import variables
from infra.runtime import Infra
from settings import Settings


def run(settings: Settings, *arguments: str, timeout: float = 60.0) -> "subprocess.CompletedProcess[str]":
    """``rushcart ARGUMENTS``; ``timeout`` in seconds."""
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        env=os.environ | variables(settings),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


async def rushcart(infra: Infra, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The same; the event loop runs on meanwhile."""
    return await asyncio.to_thread(run, infra.settings, *arguments)
