"""The process that tests/running/forked.py forks: all of the server is imported, nothing of it runs."""

import ctypes
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from contextlib import suppress
from typing import Final

from infra import garbage
from tests.running.forked import NUMBER

_PACKAGES: Final = ("cli", "server", "tasks", "services")
# What a start imports only when it comes to it.
_LATER: Final = (
    *("alembic.command", "aiosqlite", "anyio._backends._asyncio", "asyncmy", "uvicorn.lifespan.on"),
    *("infra.eventlog.kafka", "infra.eventlog.streams", "mako.template"),
)
_PR_SET_PDEATHSIG: Final = 1


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
        arguments, environment, folder, ignores_interrupt = json.loads(told.readline())
    _die_with_parent()
    pid = os.fork()
    if pid:
        os.close(out)
        os.close(err)
        _tell_of(pid, connection)
    connection.close()
    _die_with_parent()
    os.setsid()
    if ignores_interrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for file, number in ((out, 1), (err, 2)):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    os.chdir(folder)
    return list(arguments)


def _tell_of(pid: int, connection: socket.socket) -> None:
    connection.sendall(NUMBER.pack(pid))
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):  # nobody waits any more
        connection.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))


def _import_all() -> None:
    for package in _PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            importlib.import_module(module.name)
    for name in ("graphql_api.app", *_LATER):
        importlib.import_module(name)
    garbage.settle()


def main() -> None:
    garbage.collect_seldom()
    control = socket.socket(fileno=int(sys.argv[1]))
    control.recv(1, socket.MSG_PEEK)  # not before somebody asks
    _import_all()
    arguments = _serve(control)
    if arguments is not None:
        from cli.main import main as rushcart

        sys.argv = ["rushcart", *arguments]
        sys.modules["__main__"].__package__ = None  # or click says "python -m" and our name
        rushcart()


if __name__ == "__main__":
    main()
