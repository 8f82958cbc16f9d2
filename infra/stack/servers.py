"""Servers of one folder: started at once, each stopped exactly when it is ours."""

import contextlib
import shutil
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from infra.stack.errors import Cancelled, MissingServer, StackError, StackNotUp
from infra.stack.machine import Recipe
from infra.stack.probes import NotAnswering, address, probe
from infra.stack.runner import Job, Runner
from infra.stack.state import How, Record, State

Echo = Callable[[str], None]


@dataclass(frozen=True)
class Status:
    """One line of ``rushcart stack status``; ``how`` is None for a server that was never up."""

    server: str
    version: str
    address: str
    pid: int | None
    how: How | None
    answers: bool


class Servers(ABC):
    """Servers by name, with their data in ``folder``.

    Calls block, up to seconds: from asyncio use ``asyncio.to_thread``. Each reads the state file first, so
    several processes may hold the same ones.
    """

    def __init__(self, folder: Path, recipes: Mapping[str, Recipe], runners: Mapping[How, Runner]) -> None:
        self.folder = folder
        self.names = tuple(recipes)
        self._state = State(self.folder)
        self._recipes = recipes
        self._runners = runners

    @abstractmethod
    def env(self) -> dict[str, str]:
        """Returns the settings that lead to them, RUSHCART_DATABASE_URL and so on. Errors: StackNotUp."""

    def _all_up(self, command: str) -> dict[str, Record]:
        """Returns the records of all; ``command`` starts them. Errors: StackNotUp."""
        records = self._state.read()
        missing = [server for server in self.names if server not in records or not records[server].wanted]
        if missing:
            raise StackNotUp(f"not up: {', '.join(missing)} (in {self.folder}); start it with: {command}")
        return records

    def status(self) -> list[Status]:
        """Ask all of them at the same time."""
        records = self._state.read()
        with ThreadPoolExecutor(len(self.names)) as threads:
            return list(threads.map(lambda server: self._status(server, records.get(server)), self.names))

    def down(self, purge: bool = False, echo: Echo = lambda _: None) -> None:
        """Stop what was started; ``purge`` removes all data, ports and passwords as well."""
        if not self.folder.exists():
            return
        with self._state.locked():
            records = self._state.read()
            self._stop_all(records, list(records), echo)
            if purge:
                for server, record in records.items():
                    self._runner(record).erase(server, record)
        if purge:
            shutil.rmtree(self.folder)

    def pid(self, server: str) -> int | None:
        """Returns the process's id; None when it does not run, or was given in the environment."""
        record = self._record(server)
        return self._runner(record).pid(server, record)

    def kill(self, server: str, signum: signal.Signals = signal.SIGKILL) -> None:
        """Signal the server; after SIGKILL it is gone when this returns. Errors: StackError."""
        record = self._record(server)
        self._runner(record).signal(server, record, signum)

    def pause(self, server: str) -> None:
        """Freeze it: connections stay, nothing answers. Errors: StackError."""
        self.kill(server, signal.SIGSTOP)

    def resume(self, server: str) -> None:
        self.kill(server, signal.SIGCONT)

    def stop(self, server: str) -> None:
        """Stop one server in good order; its data and address are kept. Errors: StackError."""
        with self._state.locked():
            records = self._state.read()
            record = self._own(server, records)
            self._runner(record).stop(server, record)
            self._state.write(records)

    def start(self, server: str, keep_data: bool = True) -> None:
        """Start one server again, at the same address; running already is fine.

        ``keep_data=False``: with its data lost. Errors: StackError.
        """
        with self._state.locked():
            records = self._state.read()
            record = self._own(server, records)
            if record.how == "machine":
                self._recipes[server].find()
            if not keep_data:
                self._runner(record).stop(server, record)
                self._runner(record).erase(server, record)
            self._start_all(records, [server], lambda _: None)

    def _own(self, server: str, records: Mapping[str, Record]) -> Record:
        record = self._record(server, records)
        if record.how == "environment":
            raise StackError(
                f"{server}: its address was given in the environment, it is not ours to start or stop"
            )
        return record

    def _record(self, server: str, records: Mapping[str, Record] | None = None) -> Record:
        record = (self._state.read() if records is None else records).get(server)
        if record is None or not record.wanted:
            raise StackNotUp(f"{server} is not up (in {self.folder})")
        return record

    def _runner(self, record: Record) -> Runner:
        return self._runners[record.how]

    def _status(self, server: str, record: Record | None) -> Status:
        if record is None or not record.wanted:
            return Status(server, "", "", None, None, False)
        version, responds = record.version, False
        with contextlib.suppress(NotAnswering):
            version = probe(server, record.url) or record.version
            responds = True
        pid = self._runner(record).pid(server, record)
        return Status(server, version, address(server, record.url), pid, record.how, responds)

    def _is_up(self, server: str, record: Record, echo: Echo) -> bool:
        if not record.wanted:
            return False
        try:
            record.version = probe(server, record.url) or record.version
        except NotAnswering:
            # Frozen or broken: a fresh process on the same data is what was asked for, on another port if need be.
            self._runner(record).stop(server, record)
            record.wanted = False
            return False
        echo(f"{server:<10} is up already: {record.version} on {address(server, record.url)}")
        return True

    def _start_all(self, records: Mapping[str, Record], servers: Sequence[str], echo: Echo) -> None:
        """Start these at the same time: all of them, or none is left running."""
        cancelled = threading.Event()
        jobs = [
            Job(name, records[name], save=lambda: self._state.write(records), echo=echo, cancelled=cancelled)
            for name in servers
        ]
        try:
            self._run(jobs, cancelled)
        except BaseException:
            self._in_parallel(servers, lambda name: self._runner(records[name]).stop(name, records[name]))
            self._state.write(records)
            raise
        for name in servers:
            records[name].wanted = True
        self._state.write(records)

    def _run(self, jobs: Sequence[Job], cancelled: threading.Event) -> None:
        with ThreadPoolExecutor(max(1, len(jobs))) as threads:
            futures = [threads.submit(self._runner(job.record).start, job) for job in jobs]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                # One failed, or we were interrupted: the others need not wait any longer.
                cancelled.set()
        if errors := [error for future in futures if (error := future.exception()) is not None]:
            raise _worst(errors)

    def _stop_all(self, records: Mapping[str, Record], servers: Sequence[str], echo: Echo) -> None:
        self._in_parallel(servers, lambda name: self._stop_one(name, records[name], echo))
        self._state.write(records)

    def _stop_one(self, server: str, record: Record, echo: Echo) -> None:
        was_up = record.wanted or record.process is not None
        self._runner(record).stop(server, record)
        record.wanted = False
        if record.how == "environment":
            echo(f"{server:<10} was given in the environment, left alone")
        elif was_up:
            echo(f"{server:<10} stopped")

    @staticmethod
    def _in_parallel(servers: Sequence[str], action: Callable[[str], None]) -> None:
        with ThreadPoolExecutor(max(1, len(servers))) as threads:
            list(threads.map(action, servers))


def _worst(errors: Sequence[BaseException]) -> BaseException:
    """Returns what is missing or unforeseen first; else the failures, without those that only gave up with
    them."""
    for error in errors:
        if isinstance(error, MissingServer) or not isinstance(error, StackError):
            return error
    causes = [error for error in errors if not isinstance(error, Cancelled)]
    return StackError("\n".join(str(error) for error in causes or errors))
