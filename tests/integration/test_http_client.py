"""What this server asks others over HTTP, when they hang up."""

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest

from infra.http_client import HttpClient
from infra.ports import LOOPBACK

_RESET = struct.pack("ii", 1, 0)
_AT_ONCE = 100


@pytest.fixture
def url_that_hangs_up() -> Iterator[str]:
    """Each connection is reset as soon as it is made."""
    with socket.create_server((LOOPBACK, 0), backlog=_AT_ONCE) as server:
        threading.Thread(target=_hang_up, args=[server], daemon=True).start()
        yield f"http://{LOOPBACK}:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def _hang_up(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.close()


async def test_a_connection_that_is_reset_at_once_is_said_to_have_failed(url_that_hangs_up: str) -> None:
    """On uvloop some of a thousand have no socket any more before httpcore has looked at them."""

    async def outcome(client: HttpClient) -> str:
        try:
            await client.get(url_that_hangs_up)
        except httpx2.NetworkError:
            return "failed"
        return "answered"

    seen: Counter[str] = Counter()
    async with HttpClient(trust_env=False, limits=httpx2.Limits(max_connections=_AT_ONCE)) as client:
        for _ in range(10):
            seen.update(await asyncio.gather(*(outcome(client) for _ in range(_AT_ONCE))))
    assert seen == {"failed": 10 * _AT_ONCE}
