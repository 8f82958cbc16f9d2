"""uvicorn's HTTP, which sends the head of a response together with its body.

uvicorn writes the two one after the other, and the event loop hands each to the kernel at once: of what a small
answer costs, that second call is a fifth.
"""

import asyncio
from typing import Any, cast

import structlog
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.remembered_headers import RememberingCycle

log = structlog.get_logger(__name__)

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
    """Asks an app that has ``at_once`` whether a request can be answered without a task.

    One with a body is begun when what has come with its head is read: mostly that is all of it.
    """

    _at_head = False
    _asked: tuple[RememberingCycle, ASGI3Application] | None = None
    """Until what came with its head is read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, _Corked(transport, self.loop)))
        self.access_log = False  # uvicorn goes by whether anybody put a handler there

    def on_headers_complete(self) -> None:
        self._at_head = True
        super().on_headers_complete()
        self._at_head = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._asked is not None:
            self._begin()  # the rest of its body is still to come

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._asked is not None:
            self._begin()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.__class__ = RememberingCycle  # uvicorn makes its own, and has no other place to say which
        self._asked = cast(RememberingCycle, cycle), app
        if not self._at_head or cycle.scope["method"] != "POST" or cycle.waiting_for_100_continue:
            self._begin()

    def _begin(self) -> None:
        assert self._asked is not None
        (cycle, app), self._asked = self._asked, None
        if not self._is_answered(cycle, app):
            super()._start_asgi_task(cycle, app)

    def _is_answered(self, cycle: RememberingCycle, app: ASGI3Application) -> bool:
        at_once = getattr(app, "at_once", None)
        if at_once is None or self.pipeline:  # of a pipeline each would be answered within the one before
            return False
        if cycle.more_body and cycle.scope["method"] == "POST":
            return False
        try:
            answer = at_once(cycle.scope, cycle.body)
        except Exception:
            log.exception("at_once.unexpected_error")
            return False
        return answer is not None and cycle.answer(*answer)
