"""Commands as processes of their own, on a test's stores."""

import asyncio
import os
import subprocess

from chaos.environment import variables
from infra.runtime import Infra
from settings import Settings
from tests.running import forked


def run(settings: Settings, *arguments: str, timeout: float = 60.0) -> "subprocess.CompletedProcess[str]":
    """``rushcart ARGUMENTS``; ``timeout`` in seconds."""
    return forked.run(arguments, os.environ | variables(settings), timeout)


async def rushcart(infra: Infra, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The same; the event loop runs on meanwhile."""
    return await asyncio.to_thread(run, infra.settings, *arguments)
