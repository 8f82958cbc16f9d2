"""Clients of subscriptions, as front ends have them: a WebSocket, an event stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.server import Server

PROTOCOL = "graphql-transport-ws"
WITHIN = 10.0


class Socket:
    """One connection of graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(WITHIN):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def greet(self, token: str | None = None) -> dict[str, Any]:
        payload = {"Authorization": f"Bearer {token}"} if token else {}
        await self.send(type="connection_init", payload=payload)
        return await self.receive()

    async def subscribe(self, query: str, variables: dict[str, Any] | None = None, id_: str = "1") -> None:
        await self.send(type="subscribe", id=id_, payload={"query": query, "variables": variables or {}})

    async def closed(self) -> tuple[int | None, str | None]:
        """The code and reason that the server closes with; messages before it are dropped."""
        async with asyncio.timeout(WITHIN):
            with suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def socket(server: Server, path: str = "/graphql", **options: Any) -> AsyncIterator[Socket]:
    url = server.url.replace("http://", "ws://") + path
    async with connect(url, **{"subprotocols": [PROTOCOL], "compression": None, **options}) as connection:
        yield Socket(connection)


@asynccontextmanager
async def greeted(server: Server, token: str | None = None, path: str = "/graphql") -> AsyncIterator[Socket]:
    async with socket(server, path) as opened:
        assert await opened.greet(token) == {"type": "connection_ack", "payload": {}}
        yield opened


@asynccontextmanager
async def event_stream(
    server: Server, query: str, variables: dict[str, Any], token: str | None = None
) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """Events as (name, data)."""
    headers = {"Accept": "text/event-stream", **({"Authorization": f"Bearer {token}"} if token else {})}
    body = {"query": query, "variables": variables}
    async with server.http.stream("POST", "/graphql", json=body, headers=headers, timeout=WITHIN) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield _events(response.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            yield name, json.loads(data) if data else None
