"""A TCP proxy before a store, that can drop all its connections."""

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from infra.ports import LOOPBACK

_CHUNK = 65536


@dataclass(slots=True)
class Proxy:
    """``url`` leads through it to ``target``. ``dropped`` counts the connections that it cut."""

    target: str
    url: str = ""
    dropped: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _pipes: set["asyncio.Task[None]"] = field(default_factory=set)

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        port = self._server.sockets[0].getsockname()[1]
        parts = urlsplit(self.target)
        who, at, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{who}{at}{LOOPBACK}:{port}"))
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    def move(self, target: str) -> None:
        """Lead to another server from now on; nobody stays with the one of before."""
        self.target = target
        self.drop()

    def drop(self) -> None:
        """All connections end in the middle of whatever they do, without a word (RST)."""
        self.dropped += len(self._open) // 2
        for writer in list(self._open):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(self.target)
        try:
            to_reader, to_writer = await asyncio.open_connection(parts.hostname, parts.port)
        except OSError:
            _reset(writer)
            return
        ends = {writer, to_writer}
        self._open |= ends
        pipes = {
            asyncio.create_task(self._pipe(reader, to_writer)),
            asyncio.create_task(self._pipe(to_reader, writer)),
        }
        self._pipes |= pipes
        await asyncio.wait(pipes)
        self._pipes -= pipes
        self._open -= ends

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                writer.write(data)
                await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Without lingering, a close is a reset (socket(7), SO_LINGER)."""
    with suppress(OSError, ValueError):  # it has just ended by itself; uvloop then says "negative file descriptor"
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
