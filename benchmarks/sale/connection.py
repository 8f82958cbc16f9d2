"""One kept HTTP/1.1 connection of a shopper: bytes out, bytes in, and little else.

It shares the processors with the servers that it loads.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, cast

PATIENCE: Final = 20.0
"""Seconds that an answer may take."""
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "


class NoAnswer(Exception):
    """The connection was refused or cut off, or there was no answer in time."""


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """Connects when it has to. Not for concurrent use."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[Answer] | None = None

    async def post(self, path: str, headers: str, body: bytes) -> Answer:
        """Errors: NoAnswer. ``headers``: whole lines."""
        loop = asyncio.get_running_loop()
        try:
            transport = self._transport or await self._connect(loop)
        except OSError as error:
            raise NoAnswer(type(error).__name__) from error
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n{headers}content-length: {len(body)}\r\n\r\n"
        )
        self._answer, self._received = loop.create_future(), b""
        transport.write(head.encode() + body)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answer
        except TimeoutError as error:
            self.close()
            raise NoAnswer("no answer in time") from error

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> asyncio.Transport:
        await loop.create_connection(lambda: self, "127.0.0.1", self._port)
        assert self._transport is not None
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data if self._received else data
        end = received.find(_HEAD_END)
        if end < 0 or self._answer is None or self._answer.done():
            return
        at, begin = received.find(_LENGTH, 0, end), end + len(_HEAD_END)
        length = 0 if at < 0 else int(received[at + len(_LENGTH) : received.index(b"\r", at)])
        if len(received) >= begin + length:
            self._answer.set_result(Answer(int(received[9:12]), received[begin : begin + length]))

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswer("cut off"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
