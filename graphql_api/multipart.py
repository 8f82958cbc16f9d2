"""Files with operations: the GraphQL multipart request specification (github.com/jaydenseric/
graphql-multipart-request-spec), version 2: ``operations``, ``map``, then the files.

The parts come in that order, as the specification asks, so a file that nobody asked for is refused when its head
is read, and none is kept in memory: it goes to a temporary file as it comes.
"""

import asyncio
import re
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Final, cast

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive

from graphql_api.http_request import Operation, Refused, operations_of
from services.media.rules import Upload

MEDIA_TYPE: Final = b"multipart/form-data"

MAX_FILES: Final = 10
MAX_PLACES: Final = 20
MAX_MAP_BYTES: Final = 8 * 1024
MAX_PATH: Final = 8
"""Steps from the operations to a file, e.g. 0.variables.input.images.3.file has six."""
# Whole requests: so many of the largest files.
_LARGEST_FILES: Final = 4
_SPOOL: Final = 256 * 1024

_INDEX = re.compile(r"\d{1,4}", re.ASCII)

Json = Any


def is_form(content_type: bytes | None) -> bool:
    return content_type is not None and content_type[:30].lower().partition(b";")[0].strip() == MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class FormLimits:
    """Bytes."""

    operations: int
    file: int

    @property
    def whole(self) -> int:
        return self.operations + _LARGEST_FILES * self.file


class Form:
    """A request while it is read. ``close`` whatever happens: it has files open."""

    def __init__(self, content_type: bytes, limits: FormLimits) -> None:
        """Errors: 400."""
        self._limits = limits
        self._operations: Json = None
        self._places: dict[str, list[tuple[str, ...]]] | None = None
        self._files: dict[str, SpooledTemporaryFile[bytes]] = {}
        self._sizes: dict[str, int] = {}
        self._part = _Part("", 0)
        self._complete = False
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:  # RFC 2046, 5.1.1
            raise _bad("The multipart body has no boundary.")
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
            max_header_count=8,
            max_header_size=2048,
        )

    async def read(self, receive: Receive, declared: bytes | None) -> Operation | list[Operation]:
        """Read the operations with their files in place. Errors: 400, 413, 503."""
        try:
            await self._read_body(receive, declared)
        except FormParserError:
            raise _bad("The multipart body cannot be read.") from None
        except OSError as error:
            raise Refused(503, "UNAVAILABLE", "There is no room for the upload. Try again later.") from error
        if not self._complete or self._places is None:
            raise _bad("The multipart body ends before its last boundary.")
        if missing := self._places.keys() - self._sizes.keys():
            raise _bad(f"map: the file {_shown(min(missing))} is not in the request.")
        for name, places in self._places.items():
            upload = Upload(cast("BinaryIO", self._files[name]), self._sizes[name])
            for place in places:
                _put(self._operations, place, upload)
        return operations_of(self._operations, long_strings=True)

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    async def _read_body(self, receive: Receive, declared: bytes | None) -> None:
        if declared is not None and declared.isdigit() and int(declared[:20]) > self._limits.whole:
            raise _too_large("The request", self._limits.whole)
        received = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _bad("The client went away.")
            chunk = message.get("body", b"")
            received += len(chunk)
            if received > self._limits.whole:
                raise _too_large("The request", self._limits.whole)
            if chunk:
                # In a thread: what is large goes to the disk.
                await asyncio.to_thread(self._parser.write, chunk)
            if not message.get("more_body", False):
                return

    def _on_part_begin(self) -> None:
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode(errors="replace")
        if kind != b"form-data" or not name:
            raise _bad("A part of the multipart body has no name.")
        if self._operations is None:
            self._expect(name, "operations", self._limits.operations)
        elif self._places is None:
            self._expect(name, "map", MAX_MAP_BYTES)
        elif name not in self._places or name in self._files:
            raise _bad(f"The part {_shown(name)} is not in the map, or is there twice.")
        else:
            self._part = _Part(name, self._limits.file)
            self._files[name] = SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - closed with the form

    def _expect(self, name: str, expected: str, limit: int) -> None:
        if name != expected:
            raise _bad(f"The part {expected} must come before {_shown(name)}: operations, map, then the files.")
        self._part = _Part(name, limit)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        part, piece = self._part, data[start:end]
        part.size += len(piece)
        if part.size > part.limit:
            raise _too_large(f"The part {_shown(part.name)}", part.limit)
        if part.name in self._files:
            self._files[part.name].write(piece)
        else:
            part.text += piece

    def _on_part_end(self) -> None:
        part = self._part
        if part.name in self._files:
            self._files[part.name].seek(0)
            self._sizes[part.name] = part.size
        elif self._operations is None:
            self._operations = _json(part.text, "operations")
            if not isinstance(self._operations, dict | list):
                raise _bad("operations must be an object or a list.")
        else:
            self._places = _places(_json(part.text, "map"))
            for place in (place for places in self._places.values() for place in places):
                _put(self._operations, place, None)

    def _on_end(self) -> None:
        self._complete = True


class _Part:
    __slots__ = ("limit", "name", "size", "text")

    def __init__(self, name: str, limit: int) -> None:
        self.name, self.limit, self.size, self.text = name, limit, 0, bytearray()


def _places(given: Json) -> dict[str, list[tuple[str, ...]]]:
    """Returns where each file belongs. Errors: 400."""
    if not isinstance(given, dict) or not 1 <= len(given) <= MAX_FILES:
        raise _bad(f"map must be an object that names 1 to {MAX_FILES} files.")
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, paths in given.items():
        if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
            raise _bad(f"map: {_shown(name)} must have a list of paths.")
        found[name] = [tuple(path.split(".")) for path in paths]
    all_places = [place for places in found.values() for place in places]
    if len(all_places) > MAX_PLACES or len(set(all_places)) < len(all_places):
        raise _bad(f"map: at most {MAX_PLACES} paths, each once.")
    return found


def _put(operations: Json, place: tuple[str, ...], value: Upload | None) -> None:
    """Put it where the operations have null. Errors: 400."""
    batched = isinstance(operations, list)
    if not 2 + batched <= len(place) <= MAX_PATH or place[batched] != "variables":
        raise _no_place(place)
    holder = operations
    for step in place[:-1]:
        holder = _step(holder, step, place)
    if _step(holder, place[-1], place) is not None:
        raise _no_place(place)
    if isinstance(holder, list):
        holder[int(place[-1])] = value
    else:
        holder[place[-1]] = value


def _step(holder: Json, step: str, place: tuple[str, ...]) -> Json:
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    if isinstance(holder, list) and _INDEX.fullmatch(step) and int(step) < len(holder):
        return holder[int(step)]
    raise _no_place(place)


def _no_place(place: tuple[str, ...]) -> Refused:
    return _bad(f"map: there is no null at {_shown('.'.join(place))} in the operations' variables.")


def _json(text: bytes | bytearray, what: str) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad(f"{what} is not valid JSON.") from None


def _bad(message: str) -> Refused:
    return Refused(400, "BAD_REQUEST", message)


def _too_large(what: str, maximum: int) -> Refused:
    return Refused(413, "PAYLOAD_TOO_LARGE", f"{what} is larger than {maximum} bytes.")


def _shown(text: str) -> str:
    return repr(text[:100])
