"""Stripe: each call against stripe-mock, and what follows from what Stripe tells."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from pydantic import SecretStr

from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus, Payment, PaymentStatus
from services.payment.check_payments import check_payments
from services.payment.find_payments import require_payment
from services.payment.provider import Charge, Declined, Refused, SetUp, SetUpStanding, Unreachable
from services.payment.receive_webhook import receive_webhook
from services.payment.stripe import client
from services.payment.stripe.provider import Stripe
from services.payment.stripe.standing import KEY, of_set_up
from services.shared.errors import TryAgain
from settings import Settings
from tests.go_program import BUILDING
from tests.integration.money import an_order, begin, book, status_of
from tests.modes import ONE_MODE
from tests.stripe_mock import event, signed, stripe_mock, stripe_settings

pytestmark = [pytest.mark.timeout(BUILDING), ONE_MODE]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with stripe_mock() as url:
        yield url


@pytest.fixture
async def settings(settings: Settings, address: str) -> Settings:
    return settings.model_copy(update=stripe_settings(address))


def charge(**changes: Any) -> Charge:
    told: dict[str, Any] = {
        "key": new_id().hex,
        "amount": 1990,
        "currency": "EUR",
        "description": "Order 1",
        "base_url": "https://shop.test",
        "return_url": "https://shop.test/back",
        "captures": True,
    }
    return Charge(**told | changes)


async def test_every_call_is_one_of_stripes(infra: Infra) -> None:
    """Its answers are examples: an intent of 10.99 USD that waits."""
    stripe = Stripe(infra)
    for captures in (True, False):
        made = await stripe.create(charge(captures=captures))
        assert (made.status, made.amount, made.currency) == (PaymentStatus.PENDING, 1990, "EUR")
        assert str(made.redirect_url).startswith(f"https://shop.test/stripe/payments/{made.reference}#pi_")
    for standing in (
        await stripe.fetch("k", made.reference),
        await stripe.capture(made.reference, 1099, "k"),
        await stripe.cancel(made.reference, "k"),
        await stripe.refund(made.reference, 500, "r"),
    ):
        assert standing is not None
        assert standing.reference.startswith("pi_")
    assert await stripe.fetch("k", None) is None
    # The example has no key of ours, so it is another's.
    assert [one async for one in stripe.list_since(datetime.now(UTC))] == []


async def test_what_is_set_up_is_charged_without_its_customer(infra: Infra) -> None:
    stripe = Stripe(infra)
    wish = SetUp(new_id().hex, new_id().hex, "https://shop.test", "https://shop.test/back")
    made = await stripe.set_up(wish)
    assert made.reference.startswith("seti_")
    assert (made.is_ready, made.method) == (None, None)
    assert str(made.redirect_url).startswith(f"https://shop.test/stripe/setups/{made.reference}#seti_")
    assert (await stripe.fetch_set_up(made.reference)).reference.startswith("seti_")
    done = {"id": "seti_1", "status": "succeeded", "customer": "cus_1", "payment_method": "pm_1"}
    assert of_set_up(done) == SetUpStanding("seti_1", is_ready=True, method="cus_1 pm_1")
    assert of_set_up(done | {"status": "canceled"}).is_ready is False
    # The example waits for its customer, who is not there.
    with pytest.raises(Declined, match="requires_payment_method"):
        await stripe.charge_off_session(charge(), "cus_1 pm_1")


async def test_what_was_set_up_is_detached(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    told: dict[str, Any] = {}
    really = client._Http.request_async

    async def listen(self: Any, method: str, url: str, *rest: Any) -> Any:
        """Stripe's stand-in remembers nothing: what one is to have been is put into its answer."""
        path = urlsplit(url).path.removeprefix("/v1/")
        asked.append(f"{method} {path}")
        body, status, headers = await really(self, method, url, *rest)
        return (orjson.dumps(orjson.loads(body) | told.get(path, {})), told.get(f"{path} status", status), headers)

    monkeypatch.setattr(client._Http, "request_async", listen)
    stripe = Stripe(infra)
    # The example waits for its customer: it is to wait no more.
    await stripe.forget_set_up("seti_1")
    assert asked == ["get setup_intents/seti_1", "post setup_intents/seti_1/cancel"]
    asked.clear()
    told["setup_intents/seti_1"] = {"status": "succeeded", "payment_method": "pm_1"}
    await stripe.forget_set_up("seti_1")
    assert asked == ["get setup_intents/seti_1", "post payment_methods/pm_1/detach"]
    # Asked again it is detached already, which Stripe refuses.
    told["payment_methods/pm_1/detach status"] = 400
    told["payment_methods/pm_1/detach"] = {"error": {"type": "invalid_request_error"}}
    told["payment_methods/pm_1"] = {"customer": None}
    await stripe.forget_set_up("seti_1")
    told["payment_methods/pm_1"] = {"customer": "cus_1"}
    with pytest.raises(Refused):
        await stripe.forget_set_up("seti_1")
    told["setup_intents/seti_1"] = {"status": "processing"}
    told["setup_intents/seti_1/cancel status"] = 400
    told["setup_intents/seti_1/cancel"] = {"error": {"type": "invalid_request_error"}}
    with pytest.raises(Unreachable):
        await stripe.forget_set_up("seti_1")


async def test_a_wrong_request_is_refused(infra: Infra) -> None:
    with pytest.raises(Refused, match="InvalidRequestError 400"):
        await Stripe(infra).create(charge(description={"no": "text"}))


async def test_without_a_right_key_it_is_tried_again(infra: Infra, caplog: pytest.LogCaptureFixture) -> None:
    wrong = infra.settings.model_copy(update={"stripe_api_key": SecretStr("nothing_like_a_key")})
    object.__setattr__(infra, "settings", wrong)
    with pytest.raises(Unreachable, match="AuthenticationError 401"):
        await Stripe(infra).create(charge())
    assert "nothing_like_a_key" not in caplog.text


async def test_while_it_is_away_nothing_is_lost(infra: Infra, address: str) -> None:
    order = await an_order(infra)
    away = infra.settings.model_copy(update={"stripe_api_base": "http://127.0.0.1:9"})
    object.__setattr__(infra, "settings", away)
    with pytest.raises(TryAgain):
        await begin(infra, order, provider="stripe", key="one")
    object.__setattr__(infra, "settings", away.model_copy(update={"stripe_api_base": address}))
    payment = await begin(infra, order, provider="stripe", key="one")
    assert str(payment.reference).startswith("pi_")


def intent(payment: Payment, **changes: Any) -> dict[str, Any]:
    told = {
        "id": payment.reference,
        "object": "payment_intent",
        "status": "succeeded",
        "amount": payment.amount,
        "amount_received": payment.amount,
        "currency": payment.currency.lower(),
        "metadata": {KEY: payment.id.hex},
        "latest_charge": "ch_1",
    }
    return told | changes


def charged(payment: Payment, **changes: Any) -> dict[str, Any]:
    told = {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": payment.reference,
        "amount": payment.amount,
        "amount_captured": payment.amount,
        "amount_refunded": 0,
        "currency": payment.currency.lower(),
        "metadata": {KEY: payment.id.hex},
        "balance_transaction": "txn_1",
    }
    return told | changes


async def deliver(infra: Infra, kind: str, told: dict[str, Any]) -> None:
    body = event(kind, told, f"evt_{new_id().hex}")
    await receive_webhook(infra, "stripe", signed(body), body)


async def test_from_the_intent_to_the_refund(infra: Infra) -> None:
    """By webhooks; fees are known later, and asked for."""
    order = await an_order(infra)
    payment = await begin(infra, order, provider="stripe")
    assert (payment.status, payment.amount, payment.provider) == (PaymentStatus.PENDING, order.total, "stripe")
    assert payment.return_url == infra.settings.shop.storefront_url
    waiting = intent(payment, status="requires_action", amount_received=0)
    await deliver(infra, "payment_intent.requires_action", waiting)
    assert await status_of(infra, order.id) == OrderStatus.AWAITING_PAYMENT
    for _ in range(2):
        await deliver(infra, "payment_intent.succeeded", intent(payment))
    await deliver(infra, "charge.succeeded", charged(payment))
    assert await status_of(infra, order.id) == OrderStatus.PAID
    paid = await require_payment(infra, payment.id)
    assert (paid.captured, paid.fees, paid.check_at is None) == (order.total, 0, False)
    entry = {"object": "balance_transaction", "currency": payment.currency.lower(), "fee": 59}
    await deliver(infra, "charge.updated", charged(payment, balance_transaction=entry))
    back = charged(payment, balance_transaction=entry, amount_refunded=payment.amount)
    await deliver(infra, "charge.refunded", back)
    await deliver(infra, "payment_intent.succeeded", intent(payment))
    refunded = await require_payment(infra, payment.id)
    assert (refunded.status, refunded.fees, refunded.check_at) == (PaymentStatus.REFUNDED, 59, None)
    assert await status_of(infra, order.id) == OrderStatus.REFUNDED
    books = await book(infra)
    assert books["provider:stripe", payment.currency] == -59


async def test_what_nobody_waits_for_is_cancelled_there(infra: Infra) -> None:
    """The example is an intent that can be cancelled, and waits for ever: so does ours."""
    order = await an_order(infra)
    payment = await begin(infra, order, provider="stripe")
    replaced = await begin(infra, order, provider="manual")
    assert replaced.id != payment.id
    assert await check_payments(infra) == 1
    now = await require_payment(infra, payment.id)
    assert (now.live_order_id, now.checks, now.captured) == (None, 1, 0)
