"""Passwords: argon2id in a small pool of threads, never on the event loop."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.errors import TryAgain

T = TypeVar("T")

MIN_LENGTH, MAX_LENGTH = 8, 1024

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a random password nobody has, with the parameters above: an unknown e-mail costs what a known one does.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$mPbbA9tPGvLn7JxCWLgiPA$eABJZ4LPeyMdtUCKD9M5CnD1Wey02Oj+pRUj89TDIOU"
_WORKERS = 2
# About four seconds of work: more than this in the queue and nobody would wait for it.
_MAX_QUEUED = 128

_pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="argon2")
_queued = 0


async def hash_password(password: str) -> str:
    """The PHC string to store. Errors: TryAgain when too many wait."""
    return await _run(lambda: _HASHER.hash(_normalise(password)))


async def verify_password(stored: str | None, password: str) -> bool:
    """True when it is the password; takes as long when there is no user. Errors: TryAgain."""
    matches = await _run(lambda: _matches(stored or _NOBODY, password))
    return matches and stored is not None


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, _normalise(password))
    except (VerificationError, InvalidHashError):
        return False


def _normalise(password: str) -> str:
    # The same password typed on another system may come decomposed (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password[:MAX_LENGTH])


async def _run(work: Callable[[], T]) -> T:
    global _queued
    if _queued >= _MAX_QUEUED:
        raise TryAgain()
    _queued += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work)
    finally:
        _queued -= 1
