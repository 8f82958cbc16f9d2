"""What a service token looks like, and what is kept of it."""

import hashlib
import secrets

PREFIX = "rct_"
_BYTES = 32
LENGTH = len(PREFIX) + 43
"""Of a whole token: 32 random bytes in base64."""


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(_BYTES)


def digest(token: str) -> str:
    """SHA-256, in hex. A secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
