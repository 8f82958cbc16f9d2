"""Secrets that are good for one time and a short while, in Redis under their SHA-256.

One that travels by a URL can be bound to who asked for it, as an authorization code is by PKCE (RFC 7636): they
send the challenge first, and what it was made from together with the secret.
"""

import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import orjson

from infra.runtime import Infra
from services.shared.errors import SignInCodeExpired

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
_MAX_LENGTH = 300


class Purpose(StrEnum):
    """What a secret is for, and in the key's name, so that none is taken for one of another purpose."""

    LOGIN = "login"
    SIGN_IN = "sign-in"
    LINK = "link"
    TICKET = "ticket"


TTL: Mapping[Purpose, int] = {Purpose.LOGIN: 600, Purpose.SIGN_IN: 60, Purpose.LINK: 600, Purpose.TICKET: 120}
"""Seconds that they are good for."""


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def is_challenge(text: str) -> bool:
    """Returns whether it is the base64url of a SHA-256 (RFC 7636, 4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


async def keep(infra: Infra, purpose: Purpose, secret: str, data: Mapping[str, Any]) -> None:
    """Errors: StoreUnavailable."""
    await infra.redis.execute(("SET", _key(purpose, secret), orjson.dumps(data), "EX", TTL[purpose]))


async def issue(infra: Infra, purpose: Purpose, data: Mapping[str, Any], challenge: str | None = None) -> str:
    """Issue a new secret for the data. Errors: StoreUnavailable."""
    secret = new_secret()
    await keep(infra, purpose, secret, {**data, "challenge": challenge})
    return secret


async def take(infra: Infra, purpose: Purpose, secret: str) -> dict[str, Any] | None:
    """Take the data, once: of many who race for it, one gets it. Errors: StoreUnavailable."""
    if len(secret) > _MAX_LENGTH:
        return None
    [found] = await infra.redis.execute(("GETDEL", _key(purpose, secret)))
    if found is None:
        return None
    data: dict[str, Any] = orjson.loads(found)
    return data


async def redeem(infra: Infra, purpose: Purpose, secret: str, verifier: str | None) -> dict[str, Any]:
    """Take the data, for who can show what the challenge was made from; a wrong guess uses the secret up.

    Errors: SignInCodeExpired, for all reasons alike; StoreUnavailable.
    """
    data = await take(infra, purpose, secret)
    if data is None or not _is_proved(data.get("challenge"), verifier):
        raise SignInCodeExpired
    return data


def _is_proved(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        # A verifier without a challenge was sent by who expects another sign-in than this (RFC 9700, 4.8.2).
        return verifier is None
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        return False
    made = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return compare_digest(made, challenge)


def _key(purpose: Purpose, secret: str) -> str:
    return f"oidc:{purpose}:{sha256(secret.encode('utf-8', 'replace')).hexdigest()}"
