"""What an app has ready is sent without a task: in order, and as if there had been one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Scope
from structlog.testing import capture_logs

from server.http_server import bind, serve_http
from settings import Settings
from tests.raw_http import Raw, Site, connected

HEADERS = [(b"content-length", b"5"), (b"x-request-id", b"1")]


class Ready(Starlette):
    """Has ``/ready``; everything else takes a task."""

    def at_once(self, scope: Scope, _body: bytes | bytearray) -> tuple[Message, Message] | None:
        if scope["path"] == "/broken":
            raise ValueError("a fault of ours")
        if scope["path"] != "/ready":
            return None
        head = {"type": "http.response.start", "status": 200, "headers": [*HEADERS]}
        return head, {"type": "http.response.body", "body": b"ready"}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    go_on = asyncio.Event()

    async def tasked(request: Request) -> Response:
        if request.url.path == "/waits":
            await go_on.wait()
        return Response(b"tasks")

    app = Ready(routes=[Route(path, tasked) for path in ("/ready", "/waits", "/broken")])
    stop, listener = asyncio.Event(), bind(Settings(port=0))
    serving = asyncio.create_task(serve_http(app, listener, stop, Settings(port=0)))
    yield Site(listener.getsockname()[:2], go_on)
    stop.set()
    await serving


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "host: x", *headers, "", "")).encode()


@asynccontextmanager
async def asking(site: Site, *requests: bytes) -> AsyncIterator[Raw]:
    """All in one packet."""
    async with connected(site) as client:
        client.send(b"".join(requests))
        yield client


async def bodies(client: Raw, count: int) -> list[bytes]:
    return [(await client.answer()).partition(b"\r\n\r\n")[2] for _ in range(count)]


async def test_answers_come_in_the_order_of_requests(site: Site) -> None:
    async with asking(site, get("/ready"), get("/waits"), *[get("/ready")] * 400, get("/waits")) as client:
        assert await bodies(client, 1) == [b"ready"]
        site.go_on.set()
        told = await bodies(client, 402)
        assert (told[0], told[-1]) == (b"tasks", b"tasks")
        client.send(get("/ready"))
        assert await bodies(client, 1) == [b"ready"]


async def test_what_is_not_as_simple_takes_a_task(site: Site) -> None:
    async with asking(site, get("/ready", "connection: close")) as client:
        told = await client.rest()
        assert told.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in told
        assert told.endswith(b"tasks")
    with capture_logs() as logs:
        async with asking(site, get("/broken")) as client:
            assert await bodies(client, 1) == [b"tasks"]
    assert [line["event"] for line in logs] == ["at_once.unexpected_error"]


async def test_a_body_that_nobody_asked_for_is_passed_over(site: Site) -> None:
    async with asking(site, get("/ready", "content-length: 4"), b"body", get("/ready")) as client:
        assert await bodies(client, 2) == [b"ready", b"ready"]
