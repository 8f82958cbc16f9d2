"""Responses whose head travels with the body: whole, in order, and a head that waits for nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from server.corked_http import _Corked
from server.http_server import bind, serve_http
from settings import Settings

LARGE = bytes(range(256)) * 4_000


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes | str] = []

    def write(self, data: object) -> None:
        assert isinstance(data, bytes)
        self.calls.append(data)

    def close(self) -> None:
        self.calls.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.calls


def corked() -> tuple[Transport, _Corked]:
    transport = Transport()
    return transport, _Corked(transport, asyncio.get_running_loop())


async def test_head_and_body_are_one_call() -> None:
    transport, cork = corked()
    cork.write(b"HTTP/1.1 200 OK\r\n\r\n")
    cork.write(b"body")
    cork.write(b"more")
    await asyncio.sleep(0)
    assert transport.calls == [b"HTTP/1.1 200 OK\r\n\r\nbody", b"more"]


async def test_a_head_alone_is_sent_in_the_same_turn_or_before_the_end() -> None:
    transport, cork = corked()
    cork.write(b"HTTP/1.1 200 OK\r\n\r\n")
    assert transport.calls == []
    await asyncio.sleep(0)
    assert transport.calls == [b"HTTP/1.1 200 OK\r\n\r\n"]
    cork.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    cork.close()
    await asyncio.sleep(0)
    assert transport.calls[1:] == [b"HTTP/1.1 204 No Content\r\n\r\n", "closed"]


@pytest.fixture
async def address() -> AsyncIterator[tuple[str, int]]:
    go_on = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        await go_on.wait()
        yield b"HTTP/1.1 first"
        yield b"second"

    async def streaming(_request: Request) -> Response:
        return StreamingResponse(chunks())

    async def continue_(_request: Request) -> Response:
        go_on.set()
        return Response(LARGE)

    app = Starlette(routes=[Route("/stream", streaming), Route("/large", continue_)])
    async with _served(app) as served:
        yield served


@asynccontextmanager
async def _served(app: Any) -> AsyncIterator[tuple[str, int]]:
    settings, stop = Settings(port=0), asyncio.Event()
    listener: socket.socket = bind(settings)
    serving = asyncio.create_task(serve_http(app, listener, stop, settings))
    yield listener.getsockname()[:2]
    stop.set()
    await serving


async def test_over_http_answers_are_whole_and_a_stream_begins_before_its_body(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert head.startswith(b"HTTP/1.1 200 OK")
    other, writing = await asyncio.open_connection(*address)
    for _ in range(3):
        writing.write(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        large = await other.readuntil(b"\r\n\r\n")
        assert b"content-length: %d" % len(LARGE) in large
        assert await other.readexactly(len(LARGE)) == LARGE
    body = await reader.readuntil(b"\r\n0\r\n\r\n")
    assert body == b"e\r\nHTTP/1.1 first\r\n6\r\nsecond\r\n0\r\n\r\n"
    for one in (writer, writing):
        one.close()
        await one.wait_closed()


class Knowing:
    """An app that answers at once what it is asked whole, and says which it was asked so."""

    def __init__(self) -> None:
        self.at_once_of: list[bytes] = []
        self.asked = asyncio.Event()

    def at_once(self, scope: Scope, body: bytes | bytearray) -> tuple[Message, Message] | None:
        self.at_once_of.append(bytes(body))
        return _told(b"known") if body.startswith(b"know") or scope["method"] == "GET" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        self.asked.set()
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        for part in _told(body):
            await send(part)


def _told(body: bytes) -> tuple[Message, Message]:
    headers = [(b"content-length", b"%d" % len(body)), (b"x-last", b"1")]
    return (
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


def _post(body: bytes, *more: bytes) -> bytes:
    lines = (b"POST / HTTP/1.1", b"host: x", b"content-length: %d" % len(body), *more, b"", body)
    return b"\r\n".join(lines)


async def test_what_has_come_whole_is_answered_at_once_and_all_else_by_the_app() -> None:
    app = Knowing()
    async with _served(app) as address:
        reader, writer = await asyncio.open_connection(*address)

        async def answers(*sent: bytes) -> bytes:
            writer.write(b"".join(sent))
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            return await reader.readexactly(length)

        assert await answers(_post(b"know me")) == b"known"
        assert await answers(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n") == b"known"
        assert await answers(_post(b"who")) == b"who"
        assert app.at_once_of == [b"know me", b"", b"who"]
        # Of what comes in parts, is announced first, or stands in a line the app has the answer.
        whole = _post(b"know me too")
        app.asked.clear()
        writer.write(whole[:-4])
        await asyncio.wait_for(app.asked.wait(), 5)
        assert await answers(whole[-4:]) == b"know me too"
        writer.write(_post(b"know", b"expect: 100-continue")[:-4])
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert await answers(b"know") == b"know"
        assert len(app.at_once_of) == 3
        asked = [b"first", b"know this", b"know that", b"last"]
        assert [await answers(*map(_post, asked)), *[await answers() for _ in asked[1:]]] == asked
        writer.close()
        await writer.wait_closed()
