"""Commands as processes of their own, on a test's stores."""

import asyncio
import os
import subprocess
import sys

from infra.runtime import Infra
from infra.settings import Settings


def variables(settings: Settings) -> dict[str, str]:
    """The environment that names a test's stores, and has its patience with them."""
    return {
        "RUSHCART_HOME": str(settings.home),
        "RUSHCART_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "RUSHCART_REDIS_URL": settings.redis_dsn,
        "RUSHCART_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or "",
        "RUSHCART_KAFKA_PREFIX": settings.kafka_prefix,
        "RUSHCART_KAFKA_PARTITIONS": str(settings.kafka_partitions),
        "RUSHCART_STORE_TIMEOUT": str(settings.store_timeout),
    }


def run(infra: Infra, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """``rushcart ARGUMENTS``."""
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        env=os.environ | variables(infra.settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def rushcart(infra: Infra, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The same; the event loop runs on meanwhile."""
    return await asyncio.to_thread(run, infra, *arguments)
