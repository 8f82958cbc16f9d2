"""A server behind our HTTP protocol, and clients that say just what they are told to, byte for byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from server.connections import Reason
from server.http_server import bind, serve_http
from settings import Settings

LARGE: Final = 32 * 1024 * 1024


def ended(reason: Reason) -> float:
    return REGISTRY.get_sample_value("rushcart_http_connections_ended_total", {"reason": reason}) or 0.0


@dataclass
class Site:
    address: tuple[str, int]
    go_on: asyncio.Event
    answered: int = 0
    cut_off: int = 0


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Site]:
    async def echo(request: Request) -> Response:
        try:
            body = await request.body()
        except ClientDisconnect:
            state.cut_off += 1
            return Response(status_code=400)
        state.answered += 1
        names = [name.decode() for name, _ in request.scope["headers"]]
        return JSONResponse({"bytes": len(body), "names": names})

    async def hesitant(request: Request) -> Response:
        await state.go_on.wait()
        return await echo(request)

    async def large(_request: Request) -> Response:
        return Response(bytes(LARGE))

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive()

    routes = [Route("/", echo, methods=["GET", "POST"]), Route("/large", large), WebSocketRoute("/socket", socket)]
    app = Starlette(routes=[*routes, Route("/hesitant", hesitant, methods=["POST"])])
    stop, listener = asyncio.Event(), bind(settings)
    state = Site(listener.getsockname()[:2], asyncio.Event())
    serving = asyncio.create_task(serve_http(app, listener, stop, settings))
    try:
        yield state
    finally:
        stop.set()
        await serving


class Raw:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def rest(self) -> bytes:
        """All until the server closes."""
        async with asyncio.timeout(10):
            return await self.reader.read()

    async def answer(self) -> bytes:
        """One, with its body."""
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
            return head + await self.reader.readexactly(int(length[16:]))


@asynccontextmanager
async def connected(site: Site) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection(*site.address)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()
