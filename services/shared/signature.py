"""Signatures of webhooks by the Standard Webhooks convention (https://www.standardwebhooks.com, 1.0.0).

The headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``: one or more of ``v1,BASE64`` parted by
spaces, the HMAC-SHA256 of ``id.timestamp.body``.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

TOLERANCE: Final = 300.0
"""Seconds that a signature's time may be off."""
_LONGEST_ID: Final = 100


class ProviderError(Exception):
    """The message is for the log and for staff; it holds no secret."""


class BadWebhook(ProviderError):
    """It is not from the provider, too old, or cannot be read. ``reason`` names which, for the metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(secret: bytes, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Sign a body; returns the headers of a webhook."""
    at = str(int(now.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{_mac(secret, message_id, at, body)}",
    }


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Check a webhook's signature. Returns the message's id. Errors: BadWebhook."""
    message_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or len(message_id) > _LONGEST_ID or not (at.isascii() and at.isdigit() and len(at) < 12):
        raise BadWebhook("unsigned")
    wanted = f"v1,{_mac(secret, message_id, at, body)}".encode()
    given = headers.get("webhook-signature", "").encode()
    if not any(hmac.compare_digest(wanted, one) for one in given.split(b" ")[:10]):
        raise BadWebhook("bad_signature")
    if abs(now.timestamp() - int(at)) > TOLERANCE:
        raise BadWebhook("too_old")
    return message_id


def _mac(secret: bytes, message_id: str, at: str, body: bytes) -> str:
    signed = b".".join((message_id.encode(), at.encode(), body))
    return b64encode(hmac.digest(secret, signed, sha256)).decode()
