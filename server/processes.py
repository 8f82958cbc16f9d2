"""Several processes of one command on one socket, started again when one dies."""

import os
import signal
import time
from collections.abc import Callable

from infra.telemetry.exposition import forget_process

_GIVE_UP_UNDER = 1.0


def run_processes(count: int, run: Callable[[], None], let_go: Callable[[], None]) -> int:
    """Run ``run`` in ``count`` forked processes (in this one when it is 1); returns the exit code.

    SIGTERM and SIGINT are passed on, after ``let_go`` has closed this process's own copy of what they share: as
    long as one copy of a listening socket is open, connections are taken that nobody will answer. A process that
    dies is replaced, unless it died at once.
    """
    if count == 1:
        run()
        return 0
    return _Supervisor(run, let_go).supervise(count)


class _Supervisor:
    def __init__(self, run: Callable[[], None], let_go: Callable[[], None]) -> None:
        self._run = run
        self._let_go = let_go
        self._started: dict[int, float] = {}
        self._stopping = False

    def supervise(self, count: int) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._pass_on)
        for _ in range(count):
            self._start()
        code = 0
        while self._started:
            pid, status = os.wait()
            born = self._started.pop(pid, None)
            forget_process(pid)
            if born is None or self._stopping:
                continue
            if time.monotonic() - born < _GIVE_UP_UNDER:
                code = os.waitstatus_to_exitcode(status) or 1
                self._pass_on(signal.SIGTERM, None)
            else:
                self._start()
        return code

    def _start(self) -> None:
        pid = os.fork()
        if pid:
            self._started[pid] = time.monotonic()
            return
        code = 1
        try:
            self._run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            os._exit(code)

    def _pass_on(self, number: int, _frame: object) -> None:
        self._stopping = True
        self._let_go()
        for pid in self._started:
            os.kill(pid, number)
