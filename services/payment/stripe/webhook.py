"""Webhooks as Stripe signs them: https://docs.stripe.com/webhooks#verify-manually."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
import stripe

from services.payment.provider import ProviderEvent, Standing
from services.payment.stripe.standing import of_charge, of_intent
from services.shared.signature import TOLERANCE, BadWebhook

_HEADER: Final = "stripe-signature"
_LONGEST_HEADER: Final = 2_000


def read_webhook(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent:
    """Errors: BadWebhook."""
    _verify(secret, headers.get(_HEADER, ""), body, now)
    try:
        told = orjson.loads(body)
        return ProviderEvent(str(told["id"])[:100], str(told["type"])[:100], _standing(told["data"]["object"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadWebhook("unreadable") from None


def _verify(secret: str, header: str, body: bytes, now: datetime) -> None:
    if not header or len(header) > _LONGEST_HEADER:
        raise BadWebhook("unsigned")
    try:
        # The SDK compares text, which must be ASCII for that.
        header.encode("ascii")
        stripe.WebhookSignature.verify_header(body, header, secret)
    except (stripe.SignatureVerificationError, ValueError):
        raise BadWebhook("bad_signature") from None
    # Part of what is signed, so it is there and a number.
    at = int(next(part[2:] for part in header.split(",") if part.startswith("t=")))
    if abs(now.timestamp() - at) > TOLERANCE:
        raise BadWebhook("too_old")


def _standing(told: Any) -> Standing | None:
    """Of intents and their charges; of others it says nothing."""
    match told["object"]:
        case "payment_intent":
            return of_intent(told)
        case "charge":
            return of_charge(told)
        case _:
            return None
