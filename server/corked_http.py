"""uvicorn's HTTP, which sends the head of a response together with its body.

uvicorn writes the two one after the other, and the event loop hands each to the kernel at once: of what a small
answer costs, that second call is a fifth.
"""

import asyncio
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.remembered_headers import RememberingCycle

_HEAD = b"HTTP/1.1 "


class _Corked:
    """A transport that keeps a head back until what follows it is written, at the latest to the end of this turn
    of the event loop. All else is the transport's own."""

    __slots__ = ("_held", "_loop", "_transport", "write_")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""
        self.write_ = transport.write

    def write(self, data: bytes) -> None:
        if self._held:
            held, self._held = self._held, b""
            self.write_(held + data)
        elif data.startswith(_HEAD):
            self._held = data
            self._loop.call_soon(self._flush)
        else:
            self.write_(data)

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            if not self._transport.is_closing():
                self.write_(held)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def write_eof(self) -> None:
        self._flush()
        self._transport.write_eof()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._flush()
        self._transport.set_protocol(protocol)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class CorkedHttp(HttpToolsProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, _Corked(transport, self.loop)))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.__class__ = RememberingCycle  # uvicorn makes its own, and has no other place to say which
        super()._start_asgi_task(cycle, app)
