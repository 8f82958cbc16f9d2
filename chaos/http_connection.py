"""One kept HTTP/1.1 connection, as thin as can be: 300 buyers share two processors with all the servers, and a
client that takes milliseconds a request would measure itself."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import orjson


class ConnectionRefused(Exception):
    """Nobody listens: the request was not sent."""


class CutOff(Exception):
    """The connection ended after the request was sent, before the whole response was there."""


class HttpConnection:
    """Connects when it has to. Not for concurrent use."""

    def __init__(self) -> None:
        self._streams: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def post(self, url: str, token: str, body: object, *, close: bool = False) -> tuple[int, bytes]:
        """Status and body; bytes are a form, all else is sent as JSON. ``close`` asks for a connection of this
        request's own.

        Errors: ConnectionRefused, CutOff.
        """
        parts = urlsplit(url)
        reader, writer = self._kept(parts.netloc) or await self._connect(parts.netloc)
        kind = "x-www-form-urlencoded" if isinstance(body, bytes) else "json"
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/{kind}\r\nContent-Length: {len(content)}\r\n"
            f"{'Connection: close' if close else 'Connection: keep-alive'}\r\n\r\n"
        )
        kept = False
        try:
            writer.write(head.encode() + content)
            status, kept, answer = await _response(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise CutOff from error
        finally:
            if kept:
                self._streams[parts.netloc] = reader, writer
            else:
                writer.close()
        return status, answer

    def _kept(self, netloc: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Returns the connection of before, unless the server has ended it since: it rested for too long."""
        streams = self._streams.pop(netloc, None)
        if streams is not None and streams[0].at_eof():
            streams[1].close()
            return None
        return streams

    async def _connect(self, netloc: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = netloc.partition(":")
        try:
            return await asyncio.open_connection(host, int(port))
        except OSError as error:
            raise ConnectionRefused from error

    async def close(self) -> None:
        for _, writer in self._streams.values():
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self._streams.clear()


async def _response(reader: asyncio.StreamReader) -> tuple[int, bool, bytes]:
    """Status, whether the server keeps the connection, and the body."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if line)
    body = await reader.readexactly(int(headers["content-length"]))
    return int(first.split(" ")[1]), headers.get("connection") != "close", body
