"""The proxy that can cut off whoever uses it."""

import asyncio

import pytest

from chaos.proxy import Proxy


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(100):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def test_it_passes_on_until_it_drops() -> None:
    async with await asyncio.start_server(_echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Proxy(f"redis://u:p@127.0.0.1:{port}/3") as proxy:
            before, _, rest = proxy.url.partition("127.0.0.1:")
            assert (before, rest.partition("/")[2]) == ("redis://u:p@", "3")
            own = int(rest.partition("/")[0])
            assert own != port
            for dropped in (1, 2):
                reader, writer = await asyncio.open_connection("127.0.0.1", own)
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
                proxy.drop()
                with pytest.raises(ConnectionResetError):
                    await reader.read(1)
                writer.close()
                assert proxy.dropped == dropped


async def test_nobody_behind_it_is_a_connection_that_ends() -> None:
    async with await asyncio.start_server(_echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
    async with Proxy(f"redis://127.0.0.1:{port}/0") as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.split(":")[2].split("/")[0]))
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        writer.close()
