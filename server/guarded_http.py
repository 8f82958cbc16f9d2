"""HTTP with limits to what a client may send before anything is known of it, and to how long it may take.

uvicorn's own has none: a head of any size is read, and half of one is waited for without end.
"""

import asyncio
from typing import Any, Final, Literal

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from server.connections import Connections, Reason, SlowReader
from server.corked_http import CorkedHttp

MAX_HEAD: Final = 64 * 1024
"""Bytes of the request line and the headers, and of a chunked body's trailers."""
MAX_HEADERS: Final = 128

_SLICE: Final = 16 * 1024
_LINGER: Final = 1.0
"""Seconds in which what still comes is read, so that our last answer is not lost with it (RFC 9112, 9.6)."""

_ANSWERS: Final[dict[Reason, tuple[str, str, str]]] = {
    "malformed": ("400 Bad Request", "BAD_REQUEST", "This is not HTTP."),
    "full": ("503 Service Unavailable", "UNAVAILABLE", "Too many clients are connected. Try again soon."),
    "head_too_large": (
        "431 Request Header Fields Too Large", "HEADERS_TOO_LARGE",
        f"A request's head may have {MAX_HEAD} bytes and {MAX_HEADERS} headers.",
    ),
    "slow_head": ("408 Request Timeout", "REQUEST_TIMEOUT", "The request took too long to arrive."),
    "slow_body": ("408 Request Timeout", "REQUEST_TIMEOUT", "The request took too long to arrive."),
}  # fmt: skip


class GuardedHttp(CorkedHttp):
    def __init__(
        self,
        limits: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._ended = False
        self._heard = False
        # What the client owes us, since when, and how much of a body it has sent.
        self._owed: Literal["head", "body"] | None = "head"
        self._since = self._looked = 0.0
        self._received = 0
        # Bytes since the parser last had a head, a piece of a body, or the end of a request.
        self._unfinished = 0
        self._looking: asyncio.TimerHandle | None = None
        self._reader: SlowReader

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._reader = SlowReader(self.transport, self._limits)
        self._since = self.loop.time()
        if self._limits.admit(self, len(self.connections)):
            self._look_later(self._limits.look_every)
        else:
            self._ended = True
            self._answer("full")
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._let_go()
        self._limits.count(len(self.connections))

    def give_way(self) -> None:
        """Be closed in favour of another."""
        self._limits.note("silent")
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._owed is None:
            self._owed, self._since, self._unfinished = "head", self.loop.time(), 0
        if len(data) <= _SLICE and self._unfinished == 0:  # nearly always, and on the way of an order
            self._feed(data)
            return
        at = 0
        while at < len(data) and not self._ended:
            size = min(_SLICE, MAX_HEAD - self._unfinished)
            self._feed(data[at : at + size])
            at += size

    def _feed(self, data: bytes) -> None:
        if self._ended:
            return
        self._unfinished += len(data)
        self._heard = True
        super().data_received(data)
        if self._unfinished >= MAX_HEAD and not self._ended:
            self._end("head_too_large")

    def send_400_response(self, msg: str) -> None:
        if not self._ended:
            self._end("malformed")

    def on_headers_complete(self) -> None:
        if len(self.headers) > MAX_HEADERS:
            self._end("head_too_large")
            return
        self._limits.hear(self)
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = []  # for trailers: uvicorn would put them among the request's headers (RFC 9110, 6.5.1)
        self._owed, self._since, self._received, self._unfinished = "body", self.loop.time(), 0, 0

    def on_chunk_header(self) -> None:
        self._unfinished = 0

    def on_body(self, body: bytes) -> None:
        if not self._ended:
            self._received += len(body)
            self._unfinished = 0
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._ended:
            self._owed, self._unfinished = None, 0
            super().on_message_complete()
            if self._last is not None and self._last.response_complete:  # it was answered already
                self._rest()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._rest()

    def _rest(self) -> None:
        if self._owed is None and not self._ended and not self.transport.is_closing() and not self.pipeline:
            self._limits.rest(self)

    def handle_websocket_upgrade(self) -> None:
        if not self._ended:
            self._ended = True
            self._let_go()
            super().handle_websocket_upgrade()

    @property
    def _last(self) -> RequestResponseCycle | None:
        """The latest request, and its answer."""
        return self.cycle

    def _look_later(self, seconds: float) -> None:
        self._looking = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        if self._ended:
            self.transport.abort()
        elif self._reader.is_stuck():
            self._limits.note("slow_reader")
            self.transport.abort()
        else:
            self._take_our_share(now := self.loop.time())
            if self._is_late(now):
                self._end("slow_head" if self._owed == "head" else "slow_body")
            else:
                self._look_later(self._limits.look_every)

    def _take_our_share(self, now: float) -> None:
        """Do not count what the client waited for us, or stood still because we did."""
        passed = now - max(self._since, self._looked)
        self._since += passed if self._waits_for_us() else max(0.0, passed - self._limits.look_every)
        self._looked = now

    def _waits_for_us(self) -> bool:
        """Returns whether the client cannot go on, or need not."""
        if self.flow.read_paused or self._last is None:
            return self.flow.read_paused
        return not self._last.response_complete if self._owed == "head" else self._last.waiting_for_100_continue

    def _is_late(self, now: float) -> bool:
        if self._owed is None or self.transport.is_closing():
            return False
        seconds, limits = now - self._since, self._limits
        if self._owed == "head":
            return seconds > limits.head_within
        too_slow = self._received < limits.body_rate * (seconds - limits.head_within)
        return too_slow or seconds > limits.body_within

    def _end(self, reason: Reason) -> None:
        self._limits.note(reason)
        may_answer = self._may_answer()
        self._ended = True
        self._let_go()
        self._unset_keepalive_if_required()
        if self._last is not None and not self._last.response_complete:
            self._last.disconnected = True
            self._last.message_event.set()
        if not may_answer:
            self.transport.close()
        else:
            self._answer(reason)
            self.flow.resume_reading()
            self.transport.write_eof()
        self._look_later(_LINGER)

    def _may_answer(self) -> bool:
        """Returns whether the client expects an answer, and no other is under way."""
        if not self._heard or self.pipeline:
            return False
        if self._owed == "body":
            return self._last is not None and not self._last.response_started
        return self._last is None or self._last.response_complete

    def _answer(self, reason: Reason) -> None:
        status, code, message = _ANSWERS[reason]
        body = b'{"errors":[{"message":"%s","extensions":{"code":"%s"}}]}' % (message.encode(), code.encode())
        head = [
            f"HTTP/1.1 {status}".encode(),
            *(name + b": " + value for name, value in self.server_state.default_headers),
            b"content-type: application/json",
            b"content-length: %d" % len(body),
            b"connection: close",
            *([b"retry-after: 1"] if reason == "full" else []),
        ]
        self.transport.write(b"\r\n".join((*head, b"", body)))

    def _let_go(self) -> None:
        self._limits.hear(self)
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
