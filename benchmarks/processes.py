"""The processes of the benchmark: started, watched and stopped."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from benchmarks.frames import NoMessage, exchange
from benchmarks.load_generator import Phase, Tally
from infra.processes import spawn, tail

ROOT = Path(__file__).resolve().parents[1]
RUSHCART = ("-c", "import sys; from cli.main import main; sys.argv[0] = 'rushcart'; main()")
"""Arguments of Python that make it the command of this clone."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_START_WITHIN = 120.0
_END_WITHIN = 15.0
_PROFILE_MARGIN = 60.0
_LOAD_MARGIN = 30.0
"""Seconds beyond a phase until its load generator is given up."""


class ProcessFailed(Exception):
    """The text has the end of its log."""


def cpu_seconds(pid: int) -> float:
    """Returns the processor time of a process and all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Server:
    """A child process with its output in a file; Linux's /proc tells what it uses."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        *,
        python: str = sys.executable,
        root: Path = ROOT,
    ) -> None:
        """``root``: the checkout whose modules it runs. It ends with this process, however that ends."""
        self.name = name
        self._log = folder / f"{name}.log"
        environment = {**os.environ, **env}
        self._child = spawn([python, *arguments], log=self._log, cwd=root, env=environment, dies_with_parent=True)

    @property
    def pid(self) -> int:
        return self._child.pid

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    def rss_mib(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE / 2**20

    def wait_for(self, url: str) -> None:
        """Until it answers at all. Errors: ProcessFailed."""
        deadline = time.monotonic() + _START_WITHIN
        while time.monotonic() < deadline:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise ProcessFailed(f"{self.name} does not answer:\n{tail(self._log)}")

    def check(self) -> None:
        """Errors: ProcessFailed when it has ended."""
        if self._child.returncode is not None:
            raise ProcessFailed(f"{self.name} ended with {self._child.returncode}:\n{tail(self._log)}")

    def finish(self, within: float) -> None:
        """Wait for its end. Errors: ProcessFailed unless it ends well in time."""
        if not self._child.wait(within) or self._child.returncode:
            raise ProcessFailed(f"{self.name} ended with {self._child.returncode}:\n{tail(self._log)}")

    def kill(self) -> None:
        """As kill -9 does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        if not self._end(signal.SIGTERM):
            self._end(signal.SIGKILL)

    def _end(self, signum: signal.Signals) -> bool:
        if self._child.returncode is None:
            os.kill(self.pid, signum)
        return self._child.wait(_END_WITHIN)


class Profiler:
    """py-spy beside a server, for so many seconds; raw, for a flame graph."""

    def __init__(self, server: Server, file: Path, seconds: int) -> None:
        self._seconds = seconds
        command = [str(Path(sys.executable).with_name("py-spy")), "record", "-r", "400", "-f", "raw"]
        self._child = subprocess.Popen([*command, "-d", str(seconds), "-o", str(file), "-p", str(server.pid)])

    def wait(self) -> None:
        """Errors: ProcessFailed."""
        try:
            self._child.wait(self._seconds + _PROFILE_MARGIN)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise ProcessFailed("py-spy did not end") from None


class LoadProcess:
    """A child that loads the servers: it is sent jobs, and answers each with its figures."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    @property
    def pid(self) -> int:
        return self._child.pid

    def ask(self, job: object, within: float) -> Any:
        """Errors: ProcessFailed, after ``within`` seconds too."""
        try:
            return exchange(self._child, job, within)
        except NoMessage as error:
            raise ProcessFailed(f"the load generator: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with self._child:
            self._child.kill()


class LoadGenerator(LoadProcess):
    """The process that buys."""

    def __init__(self, tokens: Sequence[str], folder: Path) -> None:
        file = folder / "tokens.json"
        file.touch(mode=0o600)
        file.write_bytes(orjson.dumps(list(tokens)))
        super().__init__("benchmarks.load_generator", str(file))

    def run(self, phase: Phase) -> Tally:
        """Errors: ProcessFailed."""
        answer = self.ask(asdict(phase), phase.seconds + _LOAD_MARGIN)
        if "failed" in answer:
            raise ProcessFailed(f"the load generator: {answer['failed']}")
        return Tally(**answer)
