"""Kafka's clients, started and stopped so that no connection is left open, wherever their task is cut.

aiokafka 0.14 forgets the connection that it bootstraps with when it is cancelled while it waits for the first
metadata, and a ``stop`` that was cancelled does nothing when it is called again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.eventlog.kafka_errors import kafka_calls

Client: TypeAlias = "AIOKafkaProducer | AIOKafkaConsumer | AIOKafkaAdminClient"
# A broker that is there, or is not, lets a connection end sooner; a frozen one keeps nobody longer than this.
_LAST_ATTEMPT: Final = 3.0
_STOP_WITHIN: Final = 5.0


async def start_client(client: Client) -> None:
    """Start it, or leave nothing open. Errors: StoreUnavailable."""
    bootstrap_to_its_end(client)
    try:
        with kafka_calls():
            await client.start()
    except BaseException:
        await stop_client(client)
        raise


def bootstrap_to_its_end(client: Client) -> None:
    """Have its start, when it is cancelled, end its first connection's attempt before it ends."""
    connections = _connections(client)
    bootstrap = connections.bootstrap
    connections.bootstrap = lambda: _bootstrap(bootstrap)


async def stop_client(client: Client) -> None:
    """Close all that it has, within 5 s, also when we are told to stop meanwhile.

    A producer delivers what it can first: of each message that it still has, the outcome is unknown to its caller.
    """
    stopping = asyncio.create_task(_stop(client))
    told_to_stop = await _ended(stopping, _STOP_WITHIN)
    await cancel_and_wait(stopping)
    if told_to_stop:
        raise asyncio.CancelledError


async def _stop(client: Client) -> None:
    try:
        with suppress(StoreUnavailable), kafka_calls():
            await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())
    finally:
        await _connections(client).close()


async def _bootstrap(bootstrap: Callable[[], Awaitable[None]]) -> None:
    """Cancelled, let the attempt end by itself."""
    attempt = asyncio.ensure_future(bootstrap())
    try:
        await asyncio.shield(attempt)
    except asyncio.CancelledError:
        await _ended(attempt, _LAST_ATTEMPT)
        await cancel_and_wait(attempt)
        raise


async def _ended(task: "asyncio.Future[None]", within: float) -> bool:
    """Wait for its end; returns whether we were told to stop meanwhile."""
    loop = asyncio.get_running_loop()
    deadline, told_to_stop = loop.time() + within, False
    while not task.done() and (left := deadline - loop.time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError:
            told_to_stop = True
    return told_to_stop


def _connections(client: Client) -> Any:
    return client.client if isinstance(client, AIOKafkaProducer) else client._client
