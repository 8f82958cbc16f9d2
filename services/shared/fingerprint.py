"""Fingerprints: a short hash of a mutation's input, to tell a retry from another request with the same key."""

import hashlib

import orjson

MAX_KEY = 128


def fingerprint(operation: str, *parts: str | int | None) -> str:
    """Returns 32 hex digits of SHA-256 over the operation and its input, in order."""
    return hashlib.sha256(orjson.dumps([operation, *parts])).hexdigest()[:32]


def key_problem(key: str) -> str | None:
    """Returns what is wrong with an idempotency key, or None."""
    if not 1 <= len(key) <= MAX_KEY:
        return f"must have 1 to {MAX_KEY} characters"
    if not key.isprintable() or key != key.strip():
        return "must be printable, without spaces around it"
    return None
