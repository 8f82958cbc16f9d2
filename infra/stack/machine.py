"""Servers installed on this machine, run as processes of ours with their data in the stack's folder."""

import os
import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from infra.ports import LOOPBACK, answers, free_port, is_free
from infra.processes import Keeper, ProcessId, spawn, tail
from infra.stack.errors import Cancelled, StackError
from infra.stack.probes import NotAnswering, probe
from infra.stack.runner import Job, Runner
from infra.stack.state import Record

_READY_WITHIN = 60.0
_GRACE_OF_A_START = 1.0
_PORT_FREE_WITHIN = 5.0
# Where servers are that are not on a user's PATH: Debian's sbin, Homebrew.
_MORE_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/opt/homebrew/bin")


def find_program(*names: str) -> Path | None:
    """Find the first on the PATH that has one of these names: who puts a folder in front chooses by it."""
    folders = [*os.environ.get("PATH", os.defpath).split(os.pathsep), *_MORE_PATH]
    found = (shutil.which(name, path=folder) for folder in folders for name in names)
    return next((Path(program) for program in found if program), None)


class Recipe(ABC):
    """What one kind of server needs: its programs, its settings, its data."""

    grace: ClassVar[float] = 10.0
    """Seconds it may take to end in good order."""

    @abstractmethod
    def find(self) -> None:
        """Locate the programs. Errors: MissingServer says what is not there and how to get it."""

    @abstractmethod
    def prepare(self, job: Job, folder: Path) -> None:
        """Choose ports and secrets not chosen yet, write settings, make empty data. Errors: StackError."""

    @abstractmethod
    def command(self, record: Record, folder: Path) -> list[str]:
        """Returns the command of the server, run with ``folder`` as working directory."""

    @abstractmethod
    def url(self, record: Record) -> str: ...

    def environment(self) -> Mapping[str, str] | None:
        """Returns the process's environment; None for ours."""
        return None

    @abstractmethod
    def erase(self, folder: Path) -> None:
        """Remove the data."""


class MachineRunner(Runner):
    how = "machine"

    def __init__(self, folder: Path, recipes: Mapping[str, Recipe], *, dies_with_parent: bool) -> None:
        self._folder = folder
        self._recipes = recipes
        self._dies_with_parent = dies_with_parent

    def start(self, job: Job) -> None:
        """Start the server; at once when it runs already: then only the answer is awaited."""
        recipe, record, folder = self._recipes[job.server], job.record, self._folder_of(job.server)
        begun = time.monotonic()
        keeper = None
        if record.process is None or not record.process.alive:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _settle_port(job)
            recipe.prepare(job, folder)
            record.url = recipe.url(record)
            keeper = self._launch(job, recipe, folder)
        try:
            version = self._await_answer(job, keeper)
        except BaseException:
            # Nobody has used it. MariaDB never ends when told to before it has read its init file.
            if record.process is not None:
                record.process.stop(_GRACE_OF_A_START)
            raise
        record.version = version or record.version
        job.say(f"{record.version} answers on {LOOPBACK}:{record.port} ({time.monotonic() - begun:.1f} s)")

    def _launch(self, job: Job, recipe: Recipe, folder: Path) -> Keeper:
        job.say(f"starting on {LOOPBACK}:{job.record.port}")
        keeper = spawn(
            recipe.command(job.record, folder),
            log=self._log_of(job.server),
            cwd=folder,
            env=recipe.environment(),
            dies_with_parent=self._dies_with_parent,
        )
        job.record.process = ProcessId.of(keeper.pid)
        job.save()
        return keeper

    def _await_answer(self, job: Job, keeper: Keeper | None) -> str:
        record, deadline = job.record, time.monotonic() + _READY_WITHIN
        reason, patience = "it does not listen", 1.0
        while not job.cancelled.wait(0.02):
            if record.process is None or not record.process.alive:
                code = None if keeper is None or not keeper.wait(1.0) else keeper.returncode
                raise self._failure(job.server, "it ended" if code is None else f"it ended with {code}")
            if time.monotonic() > deadline:
                raise self._failure(job.server, f"no answer within {_READY_WITHIN:.0f} s: {reason}")
            if answers(record.port):
                try:
                    return probe(job.server, record.url, timeout=patience)
                except NotAnswering as error:
                    # Asked too early, a server may leave a question open: better soon ask again, but a slow
                    # machine gets its time.
                    reason, patience = str(error), min(patience * 1.5, 10.0)
        raise Cancelled(f"{job.server}: given up, because another server failed")

    def _failure(self, server: str, what: str) -> StackError:
        log = self._log_of(server)
        return StackError(f"{server}: {what}. The end of {log}:\n{tail(log)}")

    def stop(self, server: str, record: Record) -> None:
        if record.process is not None:
            record.process.stop(self._recipes[server].grace)
        record.process = None

    def erase(self, server: str, record: Record) -> None:
        self._recipes[server].erase(self._folder_of(server))

    def pid(self, server: str, record: Record) -> int | None:
        return record.process.pid if record.process is not None and record.process.alive else None

    def signal(self, server: str, record: Record, signum: signal.Signals) -> None:
        if record.process is None or not record.process.send(signum):
            raise StackError(f"{server}: it does not run")
        if signum == signal.SIGKILL and not record.process.wait(10.0):
            raise StackError(f"{server}: the process {record.process.pid} did not end")

    def _folder_of(self, server: str) -> Path:
        return self._folder / server

    def _log_of(self, server: str) -> Path:
        return self._folder / f"{server}.log"


def _settle_port(job: Job) -> None:
    """The remembered port, for clients that reconnect; another one only when it was never up there."""
    record = job.record
    deadline = time.monotonic() + _PORT_FREE_WITHIN
    while record.port and not is_free(record.port):
        if record.wanted and time.monotonic() < deadline:
            time.sleep(0.05)
        elif record.wanted:
            raise StackError(f"{job.server}: its port {record.port} was taken by another program meanwhile")
        else:
            record.port = 0
    if not record.port:
        record.port = free_port()
