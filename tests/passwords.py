"""Passwords at argon2's least: what they cost is the matter of tests/unit/test_passwords.py alone."""

from argon2 import PasswordHasher

from services.user import rules

AS_SERVED = {"_HASHER": rules._HASHER, "_NOBODY": rules._NOBODY}


def cheapen() -> None:
    """From now on, in this process."""
    rules._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    rules._NOBODY = rules._HASHER.hash("nobody's")
