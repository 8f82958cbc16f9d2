"""What Stripe tells, in our words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models import PaymentStatus
from services.money import charging
from services.money.charging import Charging
from services.money.stripe_units import from_stripe, stripe_step, to_stripe
from services.payment.provider import Standing
from services.payment.stripe.standing import KEY, of_charge, of_intent
from services.payment.stripe.webhook import read_webhook
from services.shared.signature import BadWebhook
from settings import Settings
from settings.errors import BadSetting
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


# Ours in minor units of ISO 4217, and as https://docs.stripe.com/currencies has it.
UNITS = [
    *((code, 500, 500) for code in "BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF".split()),  # noqa: SIM905
    ("MGA", 500_000, 5000),
    ("ISK", 500, 50_000),
    ("UGX", 500, 50_000),
    ("HUF", 500, 500),
    ("TWD", 500, 500),
    ("EUR", 500, 500),
    *((code, 1230, 1230) for code in ("BHD", "JOD", "KWD", "OMR", "TND")),
]


@pytest.mark.parametrize(("currency", "ours", "theirs"), UNITS)
def test_units_are_stripes(currency: str, ours: int, theirs: int) -> None:
    """Charges, captures and refunds send ``theirs``; the API, its lists and webhooks tell them."""
    assert to_stripe(ours, currency) == theirs
    assert from_stripe(theirs, currency) == ours
    fee = {"object": "balance_transaction", "currency": currency.lower(), "fee": theirs}
    money = {"amount_captured": theirs, "amount_refunded": theirs, "balance_transaction": fee}
    paid = charge(currency=currency.lower(), amount=theirs, **money)
    told = intent(currency=currency.lower(), amount=theirs, amount_received=theirs, latest_charge=paid)
    whole = Standing("k", "pi_1", PaymentStatus.CAPTURED, ours, currency, ours, ours, ours)
    assert of_intent(told) == of_charge(paid) == whole


@pytest.mark.parametrize(("currency", "step"), [("MGA", 100), ("KWD", 10), ("TND", 10), ("ISK", 1), ("EUR", 1)])
def test_what_stripe_cannot_count_is_not_sent(currency: str, step: int) -> None:
    assert stripe_step(currency) == step
    assert Charging(("manual", "stripe")).step(currency) == step
    assert Charging(("sandbox", "manual")).step(currency) == 1
    for amount in range(1, step):
        with pytest.raises(ValueError, match=f"no multiple of {step}"):
            to_stripe(7 * step + amount, currency)


@given(st.integers(0, 10**12), st.sampled_from([code for code, _, _ in UNITS]))
def test_there_and_back_is_the_same(steps: int, currency: str) -> None:
    amount = steps * stripe_step(currency)
    assert from_stripe(to_stripe(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "problem"),
    [
        ("1.230", "KWD", None),
        ("1.234", "KWD", "cannot be charged by stripe: must be a multiple of 0.010 KWD"),
        ("5000.50", "MGA", "cannot be charged by stripe: must be a multiple of 1.00 MGA"),
        ("5000", "MGA", None),
        ("0.01", "EUR", None),
    ],
)
def test_a_price_that_stripe_cannot_charge(amount: str, currency: str, problem: str | None) -> None:
    assert Charging(("stripe", "manual")).problem(Decimal(amount), currency) == problem
    assert Charging(("sandbox", "manual")).problem(Decimal(amount), currency) is None


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


class Coins:
    """Another package's provider: it takes nothing below five cents."""

    @staticmethod
    def step(currency: str) -> int:
        return 5


class Silent:
    pass


def test_a_provider_of_another_package_says_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {
        name: EntryPoint(name, f"{__name__}:{name}", "rushcart.payment_providers") for name in ("Coins", "Silent")
    }
    monkeypatch.setattr(charging, "installed_providers", lambda: named)
    both = Charging(("Coins", "stripe", "manual"))
    assert (both.step("EUR"), both.step("MGA"), both.step("KWD")) == (5, 100, 10)
    assert both.problem(Decimal("0.07"), "EUR") == "cannot be charged by Coins: must be a multiple of 0.05 EUR"
    with pytest.raises(BadSetting, match=r"Silent .* says no step"):
        Charging(("Silent",)).step("EUR")
