"""Render one picture in this process, which is its own: ``python -m services.media.render_alone BYTES SECONDS``.

A file comes on standard input; on standard output goes a line of JSON, then the picture's files one after another.
It imports little, since it starts for each picture.
"""

import io
import json
import os
import resource
import sys
from contextlib import suppress
from typing import Final

from services.media.rules import BadImage

_NICE: Final = 5


def render_alone(content: bytes) -> bytes:
    """Returns what goes to standard output."""
    from services.media.render import render

    try:
        picture = render(io.BytesIO(content))
    except BadImage as error:
        reason = repr(error.__cause__)[:200] if error.__cause__ else ""
        return json.dumps({"bad": str(error), "reason": reason}).encode() + b"\n"
    files = {"": picture.content} | {str(size): file for size, file in picture.thumbnails.items()}
    told = {"name": picture.name, "width": picture.width, "height": picture.height}
    told |= {"files": {size: len(file) for size, file in files.items()}}
    return b"".join((json.dumps(told).encode(), b"\n", *files.values()))


def _confine(memory: int, seconds: int) -> None:
    """Take no more than so many bytes and seconds of a processor, and those after all others."""
    os.nice(_NICE)
    for what, most in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        with suppress(OSError, ValueError):  # not every system has each
            resource.setrlimit(what, (most, most))


def _one_thread() -> None:
    """AVIF's decoder takes a thread, with a stack, for each processor."""
    from PIL import AvifImagePlugin

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


if __name__ == "__main__":
    _confine(*map(int, sys.argv[1:3]))
    _one_thread()
    sys.stdout.buffer.write(render_alone(sys.stdin.buffer.read()))
