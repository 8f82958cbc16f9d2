"""Files in a folder: for one machine, or for several that mount the same one."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from infra.blobs.protocol import CHUNK, away, checked
from infra.home import make_home


class Folder:
    """``RUSHCART_HOME/media``, with a folder for each first two letters of a name."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, content: bytes, content_type: str, *, private: bool = False) -> None:
        path = self._path(name)
        try:
            await asyncio.to_thread(_write, path, content)
        except OSError as error:
            raise away() from error

    async def size(self, name: str) -> int | None:
        path = self._path(name)
        try:
            return (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise away() from error

    async def read(self, name: str, start: int, length: int) -> AsyncIterator[bytes]:
        path = self._path(name)
        try:
            while length > 0:
                # Opened anew for each piece: a client that goes away in between leaves nothing open.
                piece = await asyncio.to_thread(_read, path, start, min(CHUNK, length))
                if not piece:
                    raise away()
                yield piece
                start, length = start + len(piece), length - len(piece)
        except OSError as error:
            raise away() from error

    async def delete(self, name: str) -> None:
        path = self._path(name)
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            raise away() from error

    async def close(self) -> None:
        pass

    def _path(self, name: str) -> Path:
        return self._root / checked(name)[:2] / name


def _write(path: Path, content: bytes) -> None:
    make_home(path.parents[2])  # home/media/ab/name
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, new = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(new).chmod(0o644)
        Path(new).replace(path)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """The file's name is on the disk only once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)
