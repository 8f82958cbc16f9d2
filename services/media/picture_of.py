"""Decoding and encoding, one picture at a time, in a process of its own.

The API keeps its memory and its event loop: what the largest picture takes (rules.MAX_PIXELS) is up to 460 MiB for
some seconds, and is given back. A file that makes a decoder run wild ends that process, which knows no secret.
"""

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

import structlog

from infra.extras import MissingExtra, extra
from services.media.rules import BadImage, Picture, Upload
from services.shared.errors import InvalidInput, TryAgain

log = structlog.get_logger(__name__)

_MOST_WAITING: Final = 8
# Measured for 25 million pixels of each format: 228 to 501 MiB of addresses (AVIF), 0.5 to 17 s.
_MEMORY: Final = 576 * 1024 * 1024
_SECONDS: Final = 60
_WITHIN: Final = 120.0
_TOO_MUCH: Final = "cannot be read: it takes too much memory or time"
# What an interpreter may need to start; our settings are not among it.
_PASSED: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")

_pool = ThreadPoolExecutor(1, thread_name_prefix="images")
_waiting = 0


async def picture_of(upload: Upload) -> Picture:
    """Errors: InvalidInput at ``input.file``, TryAgain when too many wait."""
    global _waiting
    if _waiting >= _MOST_WAITING:
        raise TryAgain()
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, _render, upload.file)
    except (BadImage, MissingExtra) as error:
        raise InvalidInput.at("file", message=str(error)) from error
    finally:
        _waiting -= 1


def _render(file: BinaryIO) -> Picture:
    """Errors: BadImage, MissingExtra."""
    with extra("images", "PIL", wanted_for="cannot be read"):
        if find_spec("PIL") is None:
            raise ModuleNotFoundError(name="PIL")
    command = [sys.executable, "-P", "-m", "services.media.render_alone", str(_MEMORY), str(_SECONDS)]
    file.seek(0)
    try:
        # In a group of its own: Ctrl-C is for the server, which waits for it.
        done = subprocess.run(  # noqa: S603 - nothing of a client is in it
            command, input=file.read(), capture_output=True, timeout=_WITHIN, env=_environment(),
            start_new_session=True, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        log.warning("media.not_rendered", reason="time")
        raise BadImage(_TOO_MUCH) from error
    except subprocess.CalledProcessError as error:
        log.warning(
            "media.not_rendered", code=error.returncode, reason=error.stderr[-200:].decode(errors="replace")
        )
        raise BadImage(_TOO_MUCH) from error
    return _picture(done.stdout)


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    here = str(Path(__file__).parents[2])
    paths = filter(None, (here, passed.get("PYTHONPATH")))
    # One arena: each is 64 MiB of addresses.
    return passed | {"PYTHONPATH": os.pathsep.join(paths), "MALLOC_ARENA_MAX": "1"}


def _picture(answer: bytes) -> Picture:
    """Errors: BadImage."""
    at = answer.index(b"\n") + 1
    told: dict[str, Any] = json.loads(answer[:at])
    if "bad" in told:
        if told["reason"]:
            log.info("media.unreadable", reason=told["reason"])
        raise BadImage(told["bad"])
    files: dict[str, bytes] = {}
    for size, length in told["files"].items():
        files[size] = answer[at : at + length]
        at += length
    content = files.pop("")
    thumbnails = {int(size): file for size, file in files.items()}
    return Picture(told["name"], content, told["width"], told["height"], thumbnails)
