"""How Stripe's objects stand. They are read as plain JSON: from the API and from webhooks of any version alike.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from collections.abc import Mapping
from typing import Any, Final

from models import PaymentStatus
from services.money.stripe_units import from_stripe
from services.payment.provider import SetUpStanding, Standing

NAME: Final = "stripe"
PAGE: Final = "/stripe/payments/"
SET_UP_PAGE: Final = "/stripe/setups/"
SET_UP: Final = "rushcart_setup"
CUSTOMER: Final = "rushcart_customer"
KEY: Final = "rushcart_payment"
"""Where our key is in the metadata of intents; Stripe copies it to their charges."""
READY: Final = "succeeded"
ENDED: Final = (READY, "canceled")
"""States of a SetupIntent."""
_STATUS: Final = {
    "requires_capture": PaymentStatus.AUTHORIZED,
    "succeeded": PaymentStatus.CAPTURED,
    "canceled": PaymentStatus.CANCELLED,
}
Json = Mapping[str, Any]


def of_intent(intent: Json) -> Standing:
    """Returns how an intent stands; its charge tells refunds and fees where it is expanded.

    Errors: KeyError, TypeError, ValueError.
    """
    currency = str(intent["currency"]).upper()
    charge = intent.get("latest_charge")
    told: Json = charge if isinstance(charge, Mapping) else {}
    captured = int(intent.get("amount_received") or 0)
    return Standing(
        key=_key(intent),
        reference=str(intent["id"]),
        status=_STATUS.get(str(intent["status"]), PaymentStatus.PENDING),
        amount=from_stripe(int(intent["amount"]), currency),
        currency=currency,
        captured=from_stripe(captured, currency),
        refunded=from_stripe(int(told.get("amount_refunded") or 0), currency),
        fees=_fees(told.get("balance_transaction"), currency) if captured else 0,
    )


def of_set_up(intent: Json, page: str | None = None) -> SetUpStanding:
    """Returns how a SetupIntent stands. Errors: KeyError."""
    reference, status = str(intent["id"]), str(intent["status"])
    if status == READY:
        return SetUpStanding(reference, is_ready=True, method=f"{intent['customer']} {intent['payment_method']}")
    return SetUpStanding(reference, False if status == "canceled" else None, redirect_url=page)


def of_charge(charge: Json) -> Standing | None:
    """Returns how a charge stands; None for one of no intent, or that took nothing.

    Errors: KeyError, TypeError, ValueError.
    """
    currency = str(charge["currency"]).upper()
    captured = int(charge.get("amount_captured") or 0)
    if not charge.get("payment_intent") or not captured:
        return None
    return Standing(
        key=_key(charge),
        reference=str(charge["payment_intent"]),
        status=PaymentStatus.CAPTURED,
        amount=from_stripe(int(charge["amount"]), currency),
        currency=currency,
        captured=from_stripe(captured, currency),
        refunded=from_stripe(int(charge.get("amount_refunded") or 0), currency),
        fees=_fees(charge.get("balance_transaction"), currency),
    )


def _key(told: Json) -> str:
    return str((told.get("metadata") or {}).get(KEY, ""))


def _fees(entry: Any, currency: str) -> int | None:
    """Returns the fees; None until it is known; none of ours when the account is kept in another currency."""
    if not isinstance(entry, Mapping):
        return None
    if str(entry["currency"]).upper() != currency:
        return 0
    return from_stripe(int(entry["fee"]), currency)
