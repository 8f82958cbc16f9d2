"""pytest as a process of its own, which is given the time to clean up when it is interrupted."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

import psutil  # type: ignore[import-untyped]  # it has none

from tests.running.stacks import ROOT, Found, environment

_CLEANS_UP_WITHIN = 30.0


class PytestProcess:
    def __init__(self, arguments: Sequence[str], found: Sequence[Found]) -> None:
        ours = environment(found)
        # Processes that tests start would compile the whole server again and again.
        ours.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "pytest", *arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, env=ours)

    def wait(self) -> int:
        """Returns its exit code."""
        try:
            return self._process.wait()
        except KeyboardInterrupt as interrupt:
            self._interrupt(interrupt)
            raise

    def _interrupt(self, interrupt: KeyboardInterrupt) -> None:
        """The terminal's Ctrl-C has reached all of it as well; a second one would cut its clean-up short."""
        family = _family(self._process.pid)
        by_terminal = signal.SIGINT in interrupt.args and sys.stdin.isatty()
        if not by_terminal:
            for one in family:
                _send(one, signal.SIGINT)
        _, late = psutil.wait_procs(family, _CLEANS_UP_WITHIN)
        for one in late:
            _send(one, signal.SIGKILL)
        self._process.wait()


def _family(pid: int) -> list[psutil.Process]:
    """pytest and its workers, which are forks of it; what tests have started is theirs to end."""
    try:
        pytest = psutil.Process(pid)
        return [pytest, *(child for child in pytest.children() if child.cmdline() == pytest.cmdline())]
    except psutil.NoSuchProcess:
        return []


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
