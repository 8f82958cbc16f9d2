"""uvicorn's answers, whose headers are looked at once: nearly all of them are the same each time."""

from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

_MOST: Final = 500
_LONGEST: Final = 200
_BY_UVICORN: Final = frozenset({b"connection", b"transfer-encoding"})
"""What changes how the answer is sent: uvicorn sends it."""
_LENGTH: Final = b"content-length"
_OWN: Final = frozenset({b"x-request-id", b"etag", b"set-cookie", b"date"})
"""Another each time."""
_lines: dict[tuple[bytes, bytes], bytes] = {}


class RememberingCycle(RequestResponseCycle):
    """One request and its answer."""

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start" and (head := self._head(message)) is not None:
            self.response_started = True
            self.waiting_for_100_continue = False
            self.transport.write(head)
        else:
            await super().send(message)

    def _head(self, message: Any) -> bytes | None:
        """Returns the head of an answer of known length; None when uvicorn has to see to it."""
        if self.response_started or self.disconnected or self.flow.write_paused or not self.keep_alive:
            return None
        length: bytes | None = None
        parts = [STATUS_LINE[message["status"]]]
        for header in (*self.default_headers, *message["headers"]):
            line = _lines.get(header)
            if line is None:
                name, value = header
                if name == _LENGTH and length is None and value.isdigit():
                    length = value
                elif name in _BY_UVICORN or name == _LENGTH or not _is_good(name, value):
                    return None
                line = _line(name, value)
            parts.append(line)
        if length is None or self.access_log:
            return None
        self.expected_content_length, self.chunked_encoding = int(length), False
        parts.append(b"\r\n")
        return b"".join(parts)


def _is_good(name: bytes, value: bytes) -> bool:
    return name.islower() and not HEADER_RE.search(name) and not HEADER_VALUE_RE.search(value)


def _line(name: bytes, value: bytes) -> bytes:
    line = b"%s: %s\r\n" % (name, value)
    if name != _LENGTH and name not in _OWN and len(line) <= _LONGEST:
        if len(_lines) >= _MOST:
            _lines.clear()
        _lines[name, value] = line
    return line
