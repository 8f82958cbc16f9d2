"""uvicorn's answers, whose heads are remembered: but for the request's id, nearly all are as one before."""

from typing import Any, Final, NamedTuple

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

Header = tuple[bytes, bytes]

_MOST: Final = 500
_LONGEST: Final = 1_000
_BY_UVICORN: Final = frozenset({b"connection", b"transfer-encoding"})
"""What changes how the answer is sent: uvicorn sends it."""
_LENGTH: Final = b"content-length"
_SECRET: Final = b"set-cookie"
_WITHOUT_BODY: Final = frozenset({204, 304})


class _Head(NamedTuple):
    """All but the last line; ``length``: what it says of the body, if there is one."""

    lines: bytes
    length: int | None


_heads: dict[tuple[Any, ...], _Head] = {}
"""By the status, and all headers but the last."""


class RememberingCycle(RequestResponseCycle):
    """One request and its answer."""

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start" and (head := self._head(message)) is not None:
            self.response_started = True
            self.waiting_for_100_continue = False
            self.transport.write(head)
        else:
            await super().send(message)

    def answer(self, head: Any, body: Any) -> bool:
        """Send a whole answer; returns False, and sends nothing, when uvicorn has to see to it."""
        lines = None if self.waiting_for_100_continue else self._head(head)
        if lines is None:
            return False
        self.transport.write(lines)
        self.transport.write(body["body"])
        self.response_started = self.response_complete = True
        self.message_event.set()
        self.on_response()
        return True

    def _head(self, message: Any) -> bytes | None:
        """Returns the head of an answer whose length is known; None when uvicorn has to see to it."""
        if self.response_started or self.disconnected or self.flow.write_paused or not self.keep_alive:
            return None
        if self.access_log or not message["headers"]:
            return None
        head: tuple[Any, ...] = (message["status"], *self.default_headers, *message["headers"])
        last = head[-1]
        known = _heads.get(same := head[:-1]) or _remember(*same)
        if known is None or last[0] == _LENGTH or (own := _line(last)) is None:
            return None
        if known.length is not None:
            self.expected_content_length, self.chunked_encoding = known.length, False
        return b"%s%s\r\n" % (known.lines, own)


def _remember(status: int, *headers: Header) -> _Head | None:
    lengths = [int(value) for name, value in headers if name == _LENGTH and value.isdigit()]
    lines = [line for header in headers if (line := _line(header)) is not None]
    is_known = len(lengths) == 1 or (not lengths and status in _WITHOUT_BODY)
    if not is_known or len(lines) < len(headers):
        return None
    head = _Head(b"".join((STATUS_LINE[status], *lines)), lengths[0] if lengths else None)
    if len(head.lines) <= _LONGEST and not any(name == _SECRET for name, _ in headers):
        if len(_heads) >= _MOST:
            _heads.clear()
        _heads[status, *headers] = head
    return head


def _line(header: Header) -> bytes | None:
    """Returns None for what is not as simple."""
    name, value = header
    if not name.islower() or HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        return None
    if name in _BY_UVICORN or (name == _LENGTH and not value.isdigit()):
        return None
    return b"%s: %s\r\n" % (name, value)
