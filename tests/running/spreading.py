"""``--workers N``: one process collects, and forks those that run the tests, each with stores of its own.

Each is given a group of tests at a time, in the order of collection, and reports through a pipe. pytest-xdist
starts workers that import and collect everything anew, 7 s of a processor each.
"""

import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Final

import pytest

from tests.running import forked
from tests.running.groups import BREAKING, group_of
from tests.running.worker import Told, work

_FIRST: Final = 0
"""The worker that has a Kafka all to itself."""


@dataclass(slots=True)
class _Worker:
    number: int
    pid: int
    pipe: "Connection[list[int] | None, Told]"
    to_run: deque[int] = field(default_factory=deque)


class Spreading:
    """The process that collects: it hands out groups, and tells pytest what it hears of their tests."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._hook = session.config.hook
        self._groups = self._grouped(range(len(session.items)))
        self._left = len(session.items)
        self._workers: dict[Connection[list[int] | None, Told], _Worker] = {}

    def _grouped(self, indices: Iterable[int]) -> dict[str, list[int]]:
        groups: dict[str, list[int]] = {}
        for index in indices:
            groups.setdefault(group_of(self._session.items[index].nodeid), []).append(index)
        return groups

    def run(self, count: int) -> None:
        """Errors: pytest.Session.Failed, once as many have failed as -x or --maxfail allow."""
        forked.prepare()
        try:
            for number in range(count):
                self._fork(number)
            while self._workers:
                for pipe in wait(list(self._workers)):
                    self._hear(self._workers[pipe])  # type: ignore[index]
        finally:
            self._end()
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._left:
            raise RuntimeError(f"{self._left} tests were not run")

    def _end(self) -> None:
        """Those that are left were interrupted like us, or have nobody to tell any more."""
        for pipe in self._workers:
            pipe.close()
        for worker in self._workers.values():
            os.waitpid(worker.pid, 0)

    def _fork(self, number: int) -> None:
        ours, its = Pipe()
        pid = os.fork()
        if pid == 0:
            for pipe in (ours, *self._workers):
                pipe.close()
            work(self._session, number, its)
        its.close()
        self._workers[ours] = _Worker(number, pid, ours)

    def _hear(self, worker: _Worker) -> None:
        told = None
        with suppress(EOFError):
            told = worker.pipe.recv()
        if told is None:
            self._has_ended(worker)
        elif told.hook is None:
            self._hand_out(worker)
        else:
            self._repeat(told, worker)

    def _hand_out(self, worker: _Worker) -> None:
        group = None if self._session.shouldfail else self._next(worker.number)
        worker.to_run += group or ()
        worker.pipe.send(group)

    def _next(self, number: int) -> list[int] | None:
        if number == _FIRST and BREAKING in self._groups:
            return self._groups.pop(BREAKING)
        name = next((name for name in self._groups if name != BREAKING), None)
        return None if name is None else self._groups.pop(name)

    def _repeat(self, told: Told, worker: _Worker) -> None:
        if told.hook == "pytest_warning_recorded":
            self._hook.pytest_warning_recorded.call_historic(kwargs=dict(told.arguments))
        elif told.hook == "pytest_runtest_logreport":
            read = self._hook.pytest_report_from_serializable
            report = read(config=self._session.config, **told.arguments)
            self._hook.pytest_runtest_logreport(report=report)
        else:
            self._hook.pytest_runtest_logfinish(**told.arguments)
            self._left -= 1
            worker.to_run.popleft()

    def _has_ended(self, worker: _Worker) -> None:
        """One that has died fails the test that it ran; another goes on with what it had left."""
        del self._workers[worker.pipe]
        worker.pipe.close()
        _, status = os.waitpid(worker.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            return
        if not worker.to_run:
            raise RuntimeError(f"worker {worker.number} has ended with {code}")
        self._fail(self._session.items[worker.to_run.popleft()], f"its process has ended with {code}")
        self._groups = self._grouped(worker.to_run) | self._groups
        self._fork(worker.number)

    def _fail(self, item: pytest.Item, why: str) -> None:
        report = pytest.TestReport(item.nodeid, item.location, {}, "failed", why, "call")
        self._hook.pytest_runtest_logreport(report=report)
        self._hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        self._left -= 1
