"""Messages between a benchmark and its load generator: four bytes of length, then JSON. Each wait has an end."""

import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO, Any, Final

import orjson

_LENGTH: Final = struct.Struct("!I")


class NoMessage(Exception):
    """The other side ended, or took too long; the text says which."""


def exchange(child: "subprocess.Popen[bytes]", message: object, within: float) -> Any:
    """Send a message to a child's input and return its answer. Errors: NoMessage after ``within`` seconds."""
    assert child.stdin is not None
    assert child.stdout is not None
    deadline = time.monotonic() + within
    body = orjson.dumps(message)
    _write(child.stdin.fileno(), _LENGTH.pack(len(body)) + body, deadline)
    answers = child.stdout.fileno()
    (length,) = _LENGTH.unpack(_read(answers, _LENGTH.size, deadline))
    return orjson.loads(_read(answers, length, deadline))


def answer_each(work: Callable[[Any], object]) -> None:
    """The child's side: answer each message of the standard input with what ``work`` makes of it."""
    while head := sys.stdin.buffer.read(_LENGTH.size):
        body = orjson.dumps(work(orjson.loads(sys.stdin.buffer.read(_LENGTH.unpack(head)[0]))))
        _send(sys.stdout.buffer, body)


def _send(stream: IO[bytes], body: bytes) -> None:
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def _write(pipe: int, data: bytes, deadline: float) -> None:
    os.set_blocking(pipe, False)
    left = memoryview(data)
    while left:
        _await([], [pipe], deadline)
        try:
            left = left[os.write(pipe, left) :]
        except BrokenPipeError:
            raise NoMessage("it ended") from None


def _read(pipe: int, size: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        _await([pipe], [], deadline)
        got = os.read(pipe, size - len(data))
        if not got:
            raise NoMessage("it ended")
        data += got
    return bytes(data)


def _await(readable: list[int], writable: list[int], deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0 or not any(select.select(readable, writable, [], left)):
        raise NoMessage("no whole answer in time")
