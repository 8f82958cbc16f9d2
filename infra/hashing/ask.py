"""Have a password hashed, or compared with a hash, beside the event loop and beside this process."""

import asyncio
import atexit
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Final, cast

from argon2 import PasswordHasher

PROCESSES: Final = 2


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


# Each thread has one of its own, from its first question on, and does nothing but wait for it.
_pool = ThreadPoolExecutor(PROCESSES, thread_name_prefix="hashing")
_children: Final[dict[int, _Child]] = {}


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
    thread = threading.get_ident()
    for _ in range(2):
        if thread not in _children:
            _children[thread] = _Child()
        if answer := _children[thread].ask(question):
            return json.loads(answer)
        _children.pop(thread).end()  # somebody killed it: another is asked
    raise ChildProcessError("the process that hashes passwords ends at once")


@atexit.register
def _end_all() -> None:
    while _children:
        _children.popitem()[1].end()
