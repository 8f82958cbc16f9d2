"""``rushcart`` commands as processes of their own, told to stop by signals; some as a user starts them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest

from infra.ports import is_free
from infra.processes import Keeper, ProcessId
from tests.running import forked
from tests.running.forked import Forked
from tests.waiting import patience, until_true

ROOT: Final = Path(__file__).parents[2]
RUSHCART: Final = (sys.executable, "-c", "from cli.main import main; main()")
# In an environment that is set up already there is nothing to install.
MAKE_RUN: Final = ("make", f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.installed", "run")


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Ours without what would be settings, with these, and with patience: a busy machine is slow, not down."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RUSHCART_")}
    return {**ours, "RUSHCART_HOME": str(home), "RUSHCART_PORT": "0", "RUSHCART_STORE_TIMEOUT": "5", **settings}


def rushcart(home: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself."""
    return forked.run(arguments, environment(home, **settings), 30, folder=ROOT)


@dataclass(frozen=True, slots=True)
class Ready:
    """What ``rushcart dev`` prints."""

    graphql: str
    customer: tuple[str, str]
    staff: tuple[str, str]
    curl: str

    @classmethod
    def read(cls, text: str) -> "Ready":
        lines = [line.strip() for line in text.splitlines()]
        words = {words[0]: words[1:] for line in lines if (words := line.split())}
        [curl] = [line for line in lines if line.startswith("curl ")]
        [graphql] = words["graphql"]
        customer, staff = words["customer"], words["staff"]
        return cls(graphql, (customer[0], customer[1]), (staff[0], staff[1]), curl)

    @property
    def port(self) -> int:
        port = urlsplit(self.graphql).port
        assert port is not None
        return port

    def ask(self, query: str, variables: dict[str, Any] | None = None, token: str | None = None) -> Any:
        """The data of an answer without errors."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables or {}}
        answer = httpx.post(self.graphql, json=body, headers=headers, timeout=10).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def sign_in(self, email: str, password: str) -> str:
        query = """mutation ($input: LoginInput!) {
          login(input: $input) { ... on Session { accessToken } ... on Error { message } } }"""
        session = self.ask(query, {"input": {"email": email, "password": password}})["login"]
        return str(session["accessToken"])

    def buy(self) -> dict[str, Any]:
        """Run the line that was printed, as it is, in a shell; returns the order."""
        if shutil.which("curl") is None:
            pytest.skip("there is no curl")
        shell = ["/bin/sh", "-c", self.curl]
        output = subprocess.run(shell, capture_output=True, timeout=10, check=True).stdout
        order: dict[str, Any] = json.loads(output)["data"]["placeFlashOrder"]
        assert order["__typename"] == "Order", order
        return order


@dataclass(slots=True)
class Running:
    """A command that runs until it is told to stop. Output goes to files beside its home.

    ``words`` are those of ``rushcart``; ``command`` is a whole one, as a user starts it, in ``folder``. What it
    says is waited for ``within`` seconds.
    """

    home: Path
    words: Sequence[str] = ("dev",)
    command: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    ignores_interrupt: bool = False
    folder: Path = ROOT
    within: float = 30
    _process: Keeper | Forked | None = None
    _started: float = 0.0
    _family: list[ProcessId] = field(default_factory=list)

    def __enter__(self) -> "Running":
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self._process = self._start(out.fileno(), err.fileno())
        self._started = time.monotonic()
        return self

    def _start(self, out: int, err: int) -> Keeper | Forked:
        given = environment(self.home, **self.settings)
        if not self.command:
            return Forked(self.words, given, (out, err), folder=ROOT, ignores_interrupt=self.ignores_interrupt)
        return Keeper(
            self.command,
            cwd=self.folder,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            preexec_fn=_ignore_interrupt if self.ignores_interrupt else None,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whatever happened in the test, nothing is left behind."""
        for process in self.family():
            process.send(signal.SIGKILL)
        self.process.wait(10)

    @property
    def process(self) -> Keeper | Forked:
        assert self._process is not None
        return self._process

    @property
    def out(self) -> str:
        return self._file("out").read_text(errors="replace")

    @property
    def err(self) -> str:
        return self._file("err").read_text(errors="replace")

    def _file(self, kind: str) -> Path:
        return self.home.with_name(f"{self.home.name}.{kind}")

    def ready(self) -> Ready:
        """Its lines, once it has printed them all."""
        self.says("staff ", self._file("out"))
        self.family()
        return Ready.read(self.out)

    def says(self, text: str, file: Path | None = None) -> float:
        """Wait for a line that begins so or a log line that holds it; the seconds since the start."""
        place = file or self._file("err")
        until_true(
            lambda: self.process.returncode is not None or text in place.read_text(errors="replace"),
            text,
            within=self.within,
        )
        assert self.process.returncode is None, f"it has ended: {self.err}"
        return time.monotonic() - self._started

    def family(self) -> list[ProcessId]:
        """The process and all that it has started, also those that it no longer has."""
        found = (ProcessId.of(pid) for pid in _descent(self.process.pid))
        self._family += [one for one in found if one is not None and one not in self._family]
        return self._family

    def kill(self) -> None:
        """SIGKILL to the process itself alone."""
        self.family()
        os.kill(self.process.pid, signal.SIGKILL)
        assert self.process.wait(5)

    def told(self, number: signal.Signals, port: int | None = None, *, by_terminal: bool = False) -> int:
        """Signal the process alone; it and all that it started are gone in 5 seconds. Returns its exit code.

        ``by_terminal``: all of its group first, as Ctrl-C does; the process may be told twice then.
        """
        family = self.family()
        assert port is None or not is_free(port)
        if by_terminal:
            os.killpg(self.process.pid, number)
        os.kill(self.process.pid, number)
        begun = time.monotonic()
        allowed = patience(5)
        assert self.process.wait(allowed), f"{self.process.pid} goes on: {self.err}"
        code = self.process.returncode
        assert code is not None
        left = allowed - (time.monotonic() - begun)
        until_true(lambda: not any(one.alive for one in family), f"{family} to end", within=max(left, 0.1))
        assert port is None or is_free(port)
        assert not list(self.home.glob("**/*.sock"))
        return code


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _descent(pid: int) -> list[int]:
    """The process, its children, and theirs."""
    parents = _parents()
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _parents() -> dict[int, int]:
    """Each process's parent; see proc(5). Where there is no /proc, ps knows."""
    stats = [_read(path) for path in Path("/proc").glob("[0-9]*/stat")]
    if stats:
        # The command's name, in brackets, may hold anything.
        pairs = [(stat.split()[0], stat.rpartition(")")[2].split()[1]) for stat in stats if stat]
    else:
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [(words[0], words[1]) for words in map(str.split, table.splitlines())]
    return {int(child): int(parent) for child, parent in pairs}


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has ended
        return ""
