"""Decoding and encoding in a small pool of threads, never on the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, Final

from infra.extras import MissingExtra, extra
from services.media.rules import BadImage, Picture, Upload
from services.shared.errors import InvalidInput, TryAgain

# Each may hold about 300 MB for a moment: the pixels, the same turned or converted, and what is encoded.
_WORKERS: Final = 2
_MAX_QUEUED: Final = 16

_pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="images")
_queued = 0


async def picture_of(upload: Upload) -> Picture:
    """Errors: InvalidInput at ``input.file``, TryAgain when too many wait."""
    global _queued
    if _queued >= _MAX_QUEUED:
        raise TryAgain()
    _queued += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, _render, upload.file)
    except (BadImage, MissingExtra) as error:
        raise InvalidInput.at("file", message=str(error)) from error
    finally:
        _queued -= 1


def _render(file: BinaryIO) -> Picture:
    """What decodes images takes 9 MiB: only where some are uploaded."""
    with extra("images", "PIL", wanted_for="cannot be read"):
        from services.media.render import render

    return render(file)
