"""What the stack remembers in its folder: how each server runs, where, and as which process."""

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from infra.processes import ProcessId
from infra.stack.errors import StackError

ServerName = Literal["database", "redis", "kafka"]
SERVERS: tuple[ServerName, ...] = get_args(ServerName)
"""The kinds of servers; a server is named after its kind, alone or with a number: ``kafka``, ``kafka-2``."""
How = Literal["environment", "compose", "machine"]


def kind_of(server: str) -> ServerName:
    """Returns the kind of a server by its name."""
    kind = server.partition("-")[0]
    return next(name for name in SERVERS if name == kind)


@dataclass
class Record:
    """One server. Ports and secrets stay when it is down, so that it comes back at the same address."""

    how: How
    wanted: bool = False
    """Brought up and not taken down since; says nothing of whether it runs now."""
    url: str = ""
    """The value of its environment variable; may hold a password."""
    version: str = ""
    port: int = 0
    process: ProcessId | None = None
    notes: dict[str, str] = field(default_factory=dict)
    """What the server's kind keeps for itself: a password, a second port, a cluster's id."""

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Record":
        process = stored.pop("process")
        return cls(**stored, process=None if process is None else ProcessId(**process))


class State:
    """The file ``state.json`` (mode 0600: it has passwords) and the lock of those who change it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "state.json"
        self._writing = threading.Lock()

    def read(self) -> dict[str, Record]:
        """Read the servers known; empty when there was no stack yet. Errors: StackError on a broken file."""
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            return {name: Record.read(record) for name, record in stored.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StackError(f"{self._file} cannot be read ({error!r}); remove it and start again") from error

    def write(self, servers: Mapping[str, Record]) -> None:
        """Replace the file in one step; threads may call it at the same time."""
        with self._writing:
            draft = self._file.with_suffix(".new")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump({name: asdict(record) for name, record in servers.items()}, file, indent=1)
            draft.replace(self._file)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder: one process at a time starts and stops its servers; others wait for it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
