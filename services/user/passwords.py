"""Passwords: argon2id in a small pool of threads, never on the event loop.

What is asked of a new one follows NIST SP 800-63B, 3.1.1.2: length, and not one of the common ones; no more.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.shared.errors import TryAgain
from services.user.common_passwords import is_common

T = TypeVar("T")

MIN_LENGTH, MAX_LENGTH = 8, 1024
# Four bytes a character; compatibility forms can unfold into many more.
MAX_BYTES = 4 * MAX_LENGTH

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a random password nobody has, with the parameters above: an unknown e-mail costs what a known one does.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$mPbbA9tPGvLn7JxCWLgiPA$eABJZ4LPeyMdtUCKD9M5CnD1Wey02Oj+pRUj89TDIOU"
_WORKERS = 2
# About four seconds of work: more than this in the queue and nobody would wait for it.
_MAX_QUEUED = 128

_pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="argon2")
_queued = 0


def password_problem(password: str, email: str = "") -> str | None:
    """What is wrong with a new password, said to who typed it; ``email`` is theirs, and no password."""
    prepared = _prepare(password)
    if prepared is None or not MIN_LENGTH <= len(prepared.decode()) <= MAX_LENGTH:
        return f"must have {MIN_LENGTH} to {MAX_LENGTH} characters"
    if is_common(prepared.decode()) or password.strip().casefold() == email.strip().casefold():
        return "is one of those that everybody tries first"
    return None


def needs_rehash(stored: str) -> bool:
    """True when it was made with other parameters than today's."""
    try:
        return _HASHER.check_needs_rehash(stored)
    except InvalidHashError:
        return True


async def hash_password(password: str) -> str:
    """The PHC string to store, of a password that has no problem. Errors: TryAgain when too many wait."""
    return await _run(lambda: _HASHER.hash(_prepare(password) or b""))


async def verify_password(stored: str | None, password: str) -> bool:
    """True when it is the password; takes as long when there is none. Errors: TryAgain."""
    matches = await _run(lambda: _matches(stored or _NOBODY, password))
    return matches and bool(stored)


def _matches(stored: str, password: str) -> bool:
    prepared = _prepare(password)
    try:
        _HASHER.verify(stored, prepared or b"")
    except (VerificationError, InvalidHashError):
        return False
    return prepared is not None


def _prepare(password: str) -> bytes | None:
    """What is hashed; None for what nobody can have as a password."""
    if len(password) > MAX_LENGTH:
        return None
    # The same password typed on another system may come decomposed (NIST SP 800-63B, 3.1.1.2).
    try:
        prepared = unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return None
    return prepared if len(prepared) <= MAX_BYTES else None


async def _run(work: Callable[[], T]) -> T:
    global _queued
    if _queued >= _MAX_QUEUED:
        raise TryAgain()
    _queued += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work)
    finally:
        _queued -= 1
