"""What Stripe tells, in our words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from models import PaymentStatus
from services.payment.provider import Standing
from services.payment.stripe.standing import KEY, of_charge, of_intent, to_stripe
from services.payment.stripe.webhook import read_webhook
from services.shared.signature import BadWebhook
from settings import Settings
from tests.stripe_mock import SECRET, event, signed, stripe_settings


def now() -> datetime:
    return datetime.now(UTC)


def intent(status: str = "succeeded", **changes: Any) -> dict[str, Any]:
    told = {
        "id": "pi_1",
        "object": "payment_intent",
        "status": status,
        "amount": 1990,
        "amount_received": 1990 if status == "succeeded" else 0,
        "currency": "eur",
        "metadata": {KEY: "k"},
        "latest_charge": None,
    }
    return told | changes


def charge(**changes: Any) -> dict[str, Any]:
    told = {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": "pi_1",
        "amount": 1990,
        "amount_captured": 1990,
        "amount_refunded": 0,
        "currency": "eur",
        "metadata": {KEY: "k"},
        "balance_transaction": "txn_1",
    }
    return told | changes


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("requires_payment_method", PaymentStatus.PENDING),
        ("requires_confirmation", PaymentStatus.PENDING),
        ("requires_action", PaymentStatus.PENDING),
        ("processing", PaymentStatus.PENDING),
        ("requires_capture", PaymentStatus.AUTHORIZED),
        ("canceled", PaymentStatus.CANCELLED),
    ],
)
def test_how_an_intent_stands(status: str, ours: PaymentStatus) -> None:
    assert of_intent(intent(status)) == Standing("k", "pi_1", ours, 1990, "EUR")


def test_money_that_came() -> None:
    """Fees and refunds are those of the charge, where it is told."""
    captured = Standing("k", "pi_1", PaymentStatus.CAPTURED, 1990, "EUR", 1990, 0, None)
    assert of_intent(intent()) == captured
    assert of_intent(intent(latest_charge="ch_1")) == captured
    fee = {"object": "balance_transaction", "currency": "eur", "fee": 59}
    told = charge(balance_transaction=fee, amount_refunded=500)
    assert of_intent(intent(latest_charge=told)) == Standing(
        "k", "pi_1", PaymentStatus.CAPTURED, 1990, "EUR", 1990, 500, 59
    )
    assert of_charge(told) == of_intent(intent(latest_charge=told))
    assert of_charge(charge(amount_captured=0)) is None
    assert of_charge(charge(payment_intent=None)) is None


def test_fees_in_another_currency_are_not_ours() -> None:
    entry = {"object": "balance_transaction", "currency": "usd", "fee": 59}
    assert of_intent(intent(latest_charge=charge(balance_transaction=entry))).fees == 0


@pytest.mark.parametrize(("currency", "theirs"), [("ISK", 50000), ("UGX", 50000), ("JPY", 500), ("EUR", 500)])
def test_units_are_stripes(currency: str, theirs: int) -> None:
    assert to_stripe(500, currency) == theirs
    told = intent(currency=currency.lower(), amount=theirs, amount_received=theirs)
    assert (of_intent(told).amount, of_intent(told).captured) == (500, 500)


def test_a_webhook_is_read() -> None:
    body = event("payment_intent.succeeded", intent())
    read = read_webhook(SECRET, signed(body), body, now())
    assert (read.id, read.kind, read.standing) == ("evt_1", "payment_intent.succeeded", of_intent(intent()))
    body = event("customer.created", {"object": "customer"})
    assert read_webhook(SECRET, signed(body), body, now()).standing is None


def refusal(headers: dict[str, str], body: bytes) -> str:
    with pytest.raises(BadWebhook) as caught:
        read_webhook(SECRET, headers, body, now())
    return caught.value.reason


def test_webhooks_that_are_not_stripes() -> None:
    body = event("payment_intent.succeeded", intent())
    right = signed(body)["stripe-signature"]
    assert refusal({}, body) == "unsigned"
    assert refusal(signed(body, "whsec_another"), body) == "bad_signature"
    assert refusal({"stripe-signature": right}, body + b" ") == "bad_signature"
    assert refusal({"stripe-signature": right}, b"\xff") == "bad_signature"
    for header in ("t=,v1=", "v1=" + right[-64:], "t=x,v1=y", "t=1", "=", "t=1,v1=\u00e9", "a" * 3_000):
        assert refusal({"stripe-signature": header}, body) in ("bad_signature", "unsigned")
    for minutes in (-6, 6):
        at = int((now() + timedelta(minutes=minutes)).timestamp())
        assert refusal(signed(body, at=at), body) == "too_old"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'"x"', orjson.dumps({"id": "evt_1", "type": "x", "data": {"object": "payment_intent"}}),
     event("x", {"object": "payment_intent"}), event("x", intent(amount="a")), event("x", intent(metadata=[1]))],
)  # fmt: skip
def test_what_cannot_be_read(body: bytes) -> None:
    assert refusal(signed(body), body) == "unreadable"


def test_stripe_needs_its_keys() -> None:
    given = stripe_settings(None)
    assert Settings(**given).ways_to_pay == ("stripe", "manual")
    with pytest.raises(ValidationError, match="RUSHCART_STRIPE_WEBHOOK_SECRET"):
        Settings(**given | {"stripe_webhook_secret": None})
