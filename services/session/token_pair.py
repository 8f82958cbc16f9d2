"""Refresh tokens: opaque, single-use, and stored as SHA-256 only.

A token is ``rrt_`` and the base64url of the session's id and 32 random bytes. With the id in it, any token of a
family is known as one of the family's, however long ago it was used (RFC 9700, section 4.14.2).

What a token was exchanged for is kept for a moment, so that two tabs that race get the same pair: encrypted with
AES-256-GCM under a key derived from that token (HKDF, RFC 5869), which nobody but its holders can make.
"""

import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PREFIX = "rrt_"
_SECRET_BYTES = 32
_LENGTH = len(_PREFIX) + 64
_NONCE_BYTES = 12
_PURPOSE = b"rushcart refresh successor v1"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client is given. ``repr`` shows none of it."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    session_expires_at: datetime

    def __repr__(self) -> str:
        return "TokenPair(...)"


def new_refresh_token(session_id: UUID) -> str:
    secret = session_id.bytes + secrets.token_bytes(_SECRET_BYTES)
    return _PREFIX + urlsafe_b64encode(secret).decode()


def session_of(token: str) -> UUID | None:
    """Returns the session that the token says it is of; None when it is no refresh token at all."""
    if len(token) != _LENGTH or not token.startswith(_PREFIX) or not token.isascii():
        return None
    try:
        raw = b64decode(token.removeprefix(_PREFIX), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return UUID(bytes=raw[:16])


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def seal(pair: TokenPair, session_id: UUID, previous: str) -> str:
    """Encrypt the pair, readable to who holds the token that was exchanged for it."""
    expires = (pair.access_token_expires_at.isoformat(), pair.session_expires_at.isoformat())
    plain = orjson.dumps([pair.access_token, pair.refresh_token, *expires])
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return b64encode(nonce + _cipher(session_id, previous).encrypt(nonce, plain, session_id.bytes)).decode()


def unseal(sealed: str, session_id: UUID, previous: str) -> TokenPair:
    """Errors: cryptography's InvalidTag for another token."""
    raw = b64decode(sealed)
    nonce, encrypted = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    plain = orjson.loads(_cipher(session_id, previous).decrypt(nonce, encrypted, session_id.bytes))
    access_token, refresh_token, expires, session_expires = plain
    return TokenPair(
        access_token, datetime.fromisoformat(expires), refresh_token, datetime.fromisoformat(session_expires)
    )


def _cipher(session_id: UUID, previous: str) -> AESGCM:
    secret = urlsafe_b64decode(previous.removeprefix(_PREFIX))
    return AESGCM(HKDF(SHA256(), 32, salt=session_id.bytes, info=_PURPOSE).derive(secret))
