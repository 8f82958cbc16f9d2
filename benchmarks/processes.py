"""The processes of the benchmark: started, watched and stopped."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

import orjson

from benchmarks.load_generator import Phase, Tally
from infra.processes import tail

ROOT = Path(__file__).resolve().parents[1]
RUSHCART = ("-c", "import sys; from cli.main import main; sys.argv[0] = 'rushcart'; main()")
"""Arguments of Python that make it the command of this clone."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_START_WITHIN = 30.0


class ProcessFailed(Exception):
    """The text has the end of its log."""


class Server:
    """A child process with its output in a file; Linux's /proc tells what it uses."""

    def __init__(self, name: str, arguments: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as output:
            self._child = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

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
        if self._child.poll() is not None:
            raise ProcessFailed(f"{self.name} ended with {self._child.returncode}:\n{tail(self._log)}")

    def kill(self) -> None:
        """As kill -9 does."""
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


class LoadGenerator:
    """The process that buys."""

    def __init__(self, tokens: Sequence[str], folder: Path) -> None:
        file = folder / "tokens.json"
        file.touch(mode=0o600)
        file.write_bytes(orjson.dumps(list(tokens)))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load_generator"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._write(str(file).encode())

    def run(self, phase: Phase) -> Tally:
        """Errors: ProcessFailed."""
        self._write(orjson.dumps(asdict(phase)))
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise ProcessFailed("the load generator ended; its error is above")
        return Tally(**orjson.loads(line))

    def _write(self, line: bytes) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line + b"\n")
        self._child.stdin.flush()

    def __enter__(self) -> "LoadGenerator":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait()
