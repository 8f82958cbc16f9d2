"""Commands as processes of their own, on a test's stores."""

import asyncio
import os
import subprocess
import sys

from infra.runtime import Infra


async def rushcart(infra: Infra, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """``rushcart ARGUMENTS``; the event loop runs on meanwhile."""
    settings = infra.settings
    environment = os.environ | {
        "RUSHCART_HOME": str(settings.home),
        "RUSHCART_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "RUSHCART_REDIS_URL": settings.redis_dsn,
        "RUSHCART_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or "",
        "RUSHCART_KAFKA_PREFIX": settings.kafka_prefix,
    }
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
