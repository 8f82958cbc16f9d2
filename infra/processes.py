"""Server processes: started in a session of their own, named so that a recycled pid is never hit.

A pid alone names a process only while it lives. ``ProcessId`` adds the time the process was started,
so a note of it in a file stays safe to act on after a crash or a reboot.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

# Linux's prctl(PR_SET_PDEATHSIG, SIGTERM), done after the fork by an interpreter that then becomes the
# server: preexec_fn would run Python in a forked copy of a process with threads. The parent may be gone
# before the call, hence the look at getppid.
_DIES_WITH_PARENT = """
import ctypes, os, signal, sys
if ctypes.CDLL(None, use_errno=True).prctl(1, int(signal.SIGTERM)) != 0:
    sys.exit("prctl(PR_SET_PDEATHSIG) failed")
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""
_POLL = 0.01
_SAY_AGAIN = 0.5


@dataclass(frozen=True)
class ProcessId:
    """A pid and when that process was started, in the system's own notation."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """Returns the identity of the process that has the pid now; None when there is none (a zombie is none)."""
        started = _started_linux(pid) if sys.platform == "linux" else _started_ps(pid)
        return None if started is None else cls(pid, started)

    @property
    def alive(self) -> bool:
        return ProcessId.of(self.pid) == self

    def send(self, signum: int) -> bool:
        """Signal it if it is still that process; False when it is gone."""
        if not self.alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signum)
            return True
        return False

    def wait(self, timeout: float) -> bool:
        """Wait; returns True when it ended within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True

    def stop(self, grace: float) -> None:
        """Send SIGTERM, and SIGKILL after ``grace`` seconds; returns when it is gone. Gone already is fine."""
        deadline = time.monotonic() + grace
        # Said again until heard: a server that is just starting may lose a signal (MariaDB does).
        while self.send(signal.SIGTERM) and time.monotonic() < deadline:
            # A stopped (SIGSTOP) process would sleep on its SIGTERM for ever.
            self.send(signal.SIGCONT)
            self.wait(_SAY_AGAIN)
        if self.send(signal.SIGKILL):
            self.wait(5.0)


def _started_linux(pid: int) -> str | None:
    """Returns ticks since boot, made unique over boots by the boot's id; see proc(5)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command's name may hold blanks and brackets: what follows its last bracket starts at field 3.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"


def _started_ps(pid: int) -> str | None:
    """Returns the same from ps, where there is no /proc (macOS)."""
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words, a number
    state, _, started = result.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


class Keeper:
    """A started child and the thread that waits for it, so that no zombie is left.

    The thread is also what the kernel means by "parent" in PR_SET_PDEATHSIG: the child is signalled
    when the *thread* that forked it ends, so that must be one that lives as long as our process.
    """

    def __init__(self, argv: Sequence[str], **options: object) -> None:
        self._started: Future[subprocess.Popen[bytes]] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(argv, options), name=f"keeper of {Path(argv[0]).name}", daemon=True
        )
        self._thread.start()
        child = self._started.result()
        self.pid = child.pid
        self._child = child

    def _run(self, argv: Sequence[str], options: dict[str, object]) -> None:
        try:
            child = subprocess.Popen(argv, **options)  # type: ignore[call-overload]  # noqa: S603 - our own command
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(child)
        child.wait()

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._child.returncode

    def wait(self, timeout: float) -> bool:
        """Wait; returns True when it ended within ``timeout`` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    dies_with_parent: bool = False,
) -> Keeper:
    """Start a server with its output appended to ``log``, away from our terminal's signals.

    ``dies_with_parent`` has it get SIGTERM when this process ends in whatever way (Linux; elsewhere the
    flag does nothing). ``argv[0]`` is an absolute path. Errors: OSError when it cannot be executed.
    """
    command = list(argv)
    if dies_with_parent and sys.platform == "linux":
        command = [sys.executable, "-I", "-S", "-c", _DIES_WITH_PARENT, str(os.getpid()), *command]
    with log.open("ab") as output:
        return Keeper(
            command,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )


def tail(log: Path, lines: int = 15) -> str:
    """Returns the last lines of a log file, indented; says so when there are none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    except OSError:
        text = []
    return "\n".join(f"    {line}" for line in text) or "    (its log is empty)"
