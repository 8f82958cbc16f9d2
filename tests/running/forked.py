"""Commands without the two seconds of imports: each is a process of its own, forked from one that has them.

What a shell would start is proved by tests/e2e/test_commands.py; everybody else only wants what the command does.
"""

import atexit
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

NUMBER: Final = struct.Struct("!i")
_LOCK: Final = threading.Lock()
_control: socket.socket | None = None


class Forked:
    """``rushcart ARGUMENTS`` in a session of its own, to be watched as an ``infra.processes.Keeper``. It ends when
    the tests do.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        files: tuple[int, int],
        *,
        folder: Path | None = None,
        ignores_interrupt: bool = False,
    ) -> None:
        """``files`` are the descriptors of its output and its errors; ``folder`` is ours unless given."""
        self._lock = threading.Lock()
        self._code: int | None = None
        self._told, its = socket.socketpair()
        with its:
            socket.send_fds(_prepared(), [b"!"], [its.fileno(), *files])
        wanted = [list(arguments), dict(environment), str(folder or Path.cwd()), ignores_interrupt]
        self._told.sendall(json.dumps(wanted).encode() + b"\n")
        self.pid = self._hear()

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        with self._lock:
            if self._code is None and self._has_told(0):
                self._code = self._hear()
                self._told.close()
            return self._code

    def wait(self, timeout: float) -> bool:
        """Wait; returns True when it ended within ``timeout`` seconds."""
        return self.returncode is not None or (self._has_told(timeout) and self.returncode is not None)

    def _has_told(self, timeout: float) -> bool:
        poll = select.poll()
        poll.register(self._told, select.POLLIN)
        return bool(poll.poll(timeout * 1000))

    def _hear(self) -> int:
        told = self._told.recv(NUMBER.size, socket.MSG_WAITALL)
        return int(NUMBER.unpack(told)[0]) if told else -signal.SIGKILL


def run(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float, *, folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself. Errors: subprocess.TimeoutExpired, when it is killed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = Forked(arguments, environment, (out.fileno(), err.fileno()), folder=folder)
        if not process.wait(timeout):
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout)
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, process.returncode or 0, out.read(), err.read())


def start(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
    """A command that goes on, in the folder of its log."""
    with log.open("ab") as output:
        return Forked(arguments, environment, (output.fileno(), output.fileno()), folder=log.parent)


def prepare() -> None:
    """Call before this process is forked itself: what is forked is one process for all of them."""
    _prepared()


def _prepared() -> socket.socket:
    """The process that is forked; it ends with ours, and with all that are forks of ours."""
    global _control
    with _LOCK:
        if _control is None:
            _control, its = socket.socketpair()
            with its:
                command = [sys.executable, "-m", "tests.running.prepared", str(its.fileno())]
                process = subprocess.Popen(command, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
            atexit.register(_end, process, _control)
        return _control


def _end(process: "subprocess.Popen[bytes]", control: socket.socket) -> None:
    control.close()
    process.terminate()  # it may still be importing
    process.wait(10)
