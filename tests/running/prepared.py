"""Commands without the two seconds of imports: each is a process of its own, forked from one that has them.

What a shell would start is proved by tests/e2e/test_commands.py; everybody else only wants what the command does.
"""

import atexit
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from infra import garbage

_PACKAGES: Final = ("cli", "server", "tasks", "services")
_LOCK: Final = threading.Lock()
_control: socket.socket | None = None


def run(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float
) -> "subprocess.CompletedProcess[str]":
    """``rushcart ARGUMENTS``. Errors: subprocess.TimeoutExpired, when it is killed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        code = _run(arguments, environment, timeout, (out.fileno(), err.fileno()))
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


def _run(arguments: Sequence[str], environment: Mapping[str, str], timeout: float, files: tuple[int, int]) -> int:
    ours, its = socket.socketpair()
    with ours, ours.makefile("r") as told:
        with its:
            socket.send_fds(_prepared(), [b"!"], [its.fileno(), *files])
        ours.sendall(json.dumps([list(arguments), dict(environment), str(Path.cwd())]).encode() + b"\n")
        pid = int(told.readline())
        ours.settimeout(timeout)
        try:
            return int(told.readline())
        except TimeoutError:
            os.kill(pid, 9)
            raise subprocess.TimeoutExpired(list(arguments), timeout) from None


def _prepared() -> socket.socket:
    """The process that is forked; it ends with ours."""
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
    process.wait(10)


def _serve(control: socket.socket) -> list[str] | None:
    """Returns what to run, in the process that is to run it; None once nobody asks any more."""
    while True:
        asked, files, _, _ = socket.recv_fds(control, 1, 3)
        if not asked:
            return None
        if os.fork() == 0:
            control.close()
            return _begin(socket.socket(fileno=files[0]), files[1], files[2])
        for file in files:
            os.close(file)
        _reap()


def _reap() -> None:
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return


def _begin(connection: socket.socket, out: int, err: int) -> list[str]:
    """Fork again: one waits for the other, and tells how it ended."""
    with connection.makefile("r") as told:
        arguments, environment, folder = json.loads(told.readline())
    pid = os.fork()
    if pid:
        connection.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):  # nobody waits any more
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    connection.close()
    for file, number in ((out, 1), (err, 2)):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    return list(arguments)


def _import_all() -> None:
    for package in _PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            importlib.import_module(module.name)
    importlib.import_module("graphql_api.app")
    garbage.settle()


def main() -> None:
    from cli.main import main as rushcart

    garbage.collect_seldom()
    _import_all()
    arguments = _serve(socket.socket(fileno=int(sys.argv[1])))
    if arguments is not None:
        sys.argv = ["rushcart", *arguments]
        sys.modules["__main__"].__package__ = None  # or click says "python -m" and our name
        rushcart()


if __name__ == "__main__":
    main()
