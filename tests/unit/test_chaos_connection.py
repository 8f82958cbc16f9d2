"""The client of chaos and benchmarks: a connection that ended while it rested is no answer that was lost."""

import asyncio

from chaos.http_connection import HttpConnection
from infra.ports import LOOPBACK

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


async def test_a_connection_that_ended_at_rest_is_made_anew() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer_once, LOOPBACK, 0) as server:
        url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/graphql"
        http = HttpConnection()
        for _ in range(3):
            assert await http.post(url, "token", {}) == (200, b"{}")
            [(reader, _writer)] = http._streams.values()
            assert await reader.read() == b""  # to its end
        await http.close()
