"""Have a password hashed, or compared with a hash, beside the event loop and beside this process."""

import asyncio
import atexit
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Final, cast

from argon2 import PasswordHasher

PROCESSES: Final = 2
IDLE: Final = 60.0
"""Seconds without a question after which a process is ended; the next question begins another."""


class _Child:
    """A process that hashes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.hashing.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # a terminal's Ctrl-C is not for it
        )
        self.rests_since = 0.0
        self._questions = cast(IO[bytes], self.process.stdin)
        self._answers = cast(IO[bytes], self.process.stdout)

    def ask(self, question: bytes) -> bytes:
        """Returns the answer; nothing when the process has ended."""
        with suppress(BrokenPipeError):
            self._questions.write(question)
            self._questions.flush()
        return self._answers.readline()

    def end(self) -> None:
        with suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()
        self.process.wait()


_pool = ThreadPoolExecutor(PROCESSES, thread_name_prefix="hashing")
_resting: Final[list[_Child]] = []
"""Those that nobody asks anything: the one at the end was asked last, and is asked next."""
_lock: Final = threading.Lock()
_looking: threading.Timer | None = None


async def hash_apart(hasher: PasswordHasher, password: bytes) -> str:
    """Returns the PHC string of the password, at the hasher's cost."""
    return str(await _ask(hasher, password, None))


async def verify_apart(hasher: PasswordHasher, stored: str, password: bytes) -> bool:
    """Returns whether it is the password that was stored; what is no hash is nobody's."""
    return bool(await _ask(hasher, password, stored))


async def _ask(hasher: PasswordHasher, password: bytes, stored: str | None) -> object:
    cost = {"time_cost": hasher.time_cost, "memory_cost": hasher.memory_cost, "parallelism": hasher.parallelism}
    question = json.dumps({"password": password.decode(), "stored": stored, **cost}).encode() + b"\n"
    return await asyncio.get_running_loop().run_in_executor(_pool, _answer, question)


def _answer(question: bytes) -> object:
    """Errors: ChildProcessError, when the process ends each time it is asked."""
    for child_of in (_take, _Child):
        child = child_of()
        if answer := child.ask(question):
            _put_back(child)
            return json.loads(answer)
        child.end()  # somebody killed it: another is asked
    raise ChildProcessError("the process that hashes passwords ends at once")


def _take() -> _Child:
    with _lock:
        if _resting:
            return _resting.pop()
    return _Child()


def _put_back(child: _Child) -> None:
    child.rests_since = time.monotonic()
    with _lock:
        _resting.append(child)
    _look_later()


def _look_later() -> None:
    global _looking
    with _lock:
        if _looking is None and _resting:
            _looking = threading.Timer(IDLE, _end_idle)
            _looking.daemon = True
            _looking.start()


def _end_idle() -> None:
    """End those that have rested for long: most of the time nobody signs in."""
    global _looking
    with _lock:
        _looking = None
        idle = [child for child in _resting if time.monotonic() - child.rests_since >= IDLE]
        _resting[:] = [child for child in _resting if child not in idle]
    for child in idle:
        child.end()
    _look_later()


@atexit.register
def _end_all() -> None:
    while _resting:
        _resting.pop().end()
