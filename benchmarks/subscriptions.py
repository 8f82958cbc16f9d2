"""Thousands of open subscriptions in one API process: what they cost in memory, and how soon they are told."""

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.processes import RUSHCART, ProcessFailed, Server
from benchmarks.shop import Shop, open_shop
from benchmarks.stores import Echo, stores
from infra.ids import new_id
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from resolvers.shared.node import encode_id
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.shared.events import ALL_TOPICS
from settings import Settings

AIM_MIB: Final = 500.0
_REMAINING = "subscription ($id: ID!) { flashSaleRemaining(itemId: $id) { remaining } }"
_AT_ONCE = 100
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    connections: int = 5_000
    changes: int = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """MiB; seconds from a change's acceptance to each reader's news of it, sorted."""

    before_mib: float
    open_mib: float
    opened_in: float
    told_after: list[float]


def run_benchmark(options: Options, echo: Echo) -> Figures:
    """Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        settings = stack.enter_context(stores(echo))
        port = free_port()
        shop = asyncio.run(_fill(settings))
        server = Server("serve", [*RUSHCART, "serve"], {"RUSHCART_PORT": str(port)}, settings.home)
        stack.callback(server.stop)
        server.wait_for(f"http://127.0.0.1:{port}/healthz")
        return asyncio.run(_measure(options, settings, shop, server, port, echo))


async def _fill(settings: Settings) -> Shop:
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        return await open_shop(infra, 0)


async def _measure(
    options: Options, settings: Settings, shop: Shop, server: Server, port: int, echo: Echo
) -> Figures:
    before, begun = server.rss_mib(), time.monotonic()
    async with AsyncExitStack() as stack:
        readers: list[ClientConnection] = []
        while len(readers) < options.connections:
            batch = min(_AT_ONCE, options.connections - len(readers))
            readers += await asyncio.gather(*(_open(stack, port, shop.plenty) for _ in range(batch)))
            if len(readers) % 1_000 == 0:
                echo(f"{len(readers):,} open, {server.rss_mib():,.0f} MiB")
        opened_in = time.monotonic() - begun
        infra = await stack.enter_async_context(open_infra(settings))
        told = [s for _ in range(options.changes) for s in await _change(infra, shop.plenty, readers)]
        server.check()
        return Figures(before, server.rss_mib(), opened_in, sorted(told))


async def _open(stack: AsyncExitStack, port: int, item_id: UUID) -> ClientConnection:
    """Greeted, subscribed, and with the first value."""
    protocol = Subprotocol("graphql-transport-ws")
    opening = connect(
        f"ws://127.0.0.1:{port}/graphql",
        subprotocols=[protocol],
        compression=None,
        open_timeout=_PATIENCE,
        ping_interval=None,
    )
    connection = await stack.enter_async_context(opening)
    await connection.send(orjson.dumps({"type": "connection_init"}).decode())
    await _receive(connection, "connection_ack")
    payload = {"query": _REMAINING, "variables": {"id": encode_id("FlashSaleItem", item_id)}}
    await connection.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode())
    await _receive(connection, "next")
    return connection


async def _receive(connection: ClientConnection, kind: str) -> Any:
    """The next message but pings. Errors: ProcessFailed for one that is not of this kind, or tells of errors."""
    async with asyncio.timeout(_PATIENCE):
        while (message := orjson.loads(await connection.recv()))["type"] == "ping":
            await connection.send('{"type":"pong"}')
    if message["type"] != kind or "errors" in (message.get("payload") or {}):
        raise ProcessFailed(f"{message} instead of {kind}")
    return message


async def _change(infra: Infra, item_id: UUID, readers: list[ClientConnection]) -> list[float]:
    """Seconds until each was told that a unit is sold."""
    await place_flash_order(infra, FlashOrder(new_id(), item_id, 1, new_id().hex))
    begun = time.monotonic()

    async def told(reader: ClientConnection) -> float:
        await _receive(reader, "next")
        return time.monotonic() - begun

    return await asyncio.gather(*(told(reader) for reader in readers))
