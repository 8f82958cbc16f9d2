"""A disk of its own for a store, which can be full at any time. Only root may mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Disk:
    """A tmpfs mounted on ``folder``, of ``size`` bytes when there is room."""

    folder: Path
    size: int

    def fill(self) -> None:
        """Leave no room for anything more: it becomes as small as what is on it."""
        while not self._resize(_used(self.folder)):
            """Somebody wrote in between."""

    def make_room(self) -> None:
        if not self._resize(self.size):
            raise OSError(f"{self.folder} cannot be made larger")

    def _resize(self, size: int) -> bool:
        return _run("mount", "-o", f"remount,size={size}", str(self.folder))


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk | None]:
    """Mount one on ``folder``, which is made; None where that may not be."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    disk = Disk(folder, megabytes << 20)
    if not _run("mount", "-t", "tmpfs", "-o", f"size={disk.size},mode=0700", "tmpfs", str(folder)):
        yield None
        return
    try:
        yield disk
    finally:
        # Lazily: whoever still has a file open there keeps nothing from ending.
        _run("umount", "--lazy", str(folder))


def _used(folder: Path) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
    except OSError:
        return False
