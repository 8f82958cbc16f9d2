"""A disk of its own for a store, small enough to be filled. Only root may mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Disk:
    """A tmpfs mounted on ``folder``."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no room for anything, not even for what was freed meanwhile."""
        with self._ballast.open("ab") as file:
            while room := _room(self.folder):
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), room)
                except OSError:
                    return  # somebody else took of it

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk | None]:
    """Mount one on ``folder``, which is made; None where that may not be."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = f"size={megabytes}m,mode=0700"
    if not _run("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)):
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        # Lazily: whoever still has a file open there keeps nothing from ending.
        _run("umount", "--lazy", str(folder))


def _room(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
    except OSError:
        return False
