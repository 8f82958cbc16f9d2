"""From a payment that is begun to an order that is paid."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderStatus, Payment, PaymentStatus, SandboxCharge
from models.order_document import OrderView
from services.order.cancel_order import Cancellation, cancel_order
from services.payment.capture_payment import capture_payment
from services.payment.check_payments import check_payments
from services.payment.create_payment import PaymentWish, create_payment
from services.payment.find_payments import require_payment
from services.payment.list_unused_webhooks import list_unused_webhooks
from services.payment.provider import Charge, Standing, Unreachable
from services.payment.receive_webhook import receive_webhook
from services.payment.sandbox.page import Decision, decide
from services.payment.sandbox.provider import Sandbox
from services.payment.sandbox.secret import webhook_secret
from services.payment.sandbox.send_events import send_now
from services.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    PaymentDeclined,
    TryAgain,
)
from services.shared.events import PAYMENTS, OrderPaid, PaymentCancelled, PaymentCaptured, PaymentCreated
from services.shared.signature import BadWebhook, sign
from tests.books import outbox_types
from tests.integration.money import (
    BASE,
    an_order,
    approve,
    asked,
    assert_books_of_stock,
    begin,
    book,
    charge_of,
    deliver,
    make_checks_due,
    payments_in,
    status_of,
    told,
)
from tests.modes import ONE_MODE
from tests.receiver import receiving
from tests.waiting import until


async def test_approved_paid_and_told(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order, key="k")
    assert (payment.status, payment.amount, payment.currency) == (PaymentStatus.PENDING, 1990, "EUR")
    assert payment.redirect_url == f"{BASE}/sandbox/payments/{payment.reference}"
    await approve(infra, payment)
    webhook = told(payment, fees=19)
    for _ in range(3):
        await deliver(infra, webhook)
    paid = await require_payment(infra, payment.id)
    assert (paid.status, paid.captured, paid.fees, paid.pays_order) == (PaymentStatus.CAPTURED, 1990, 19, True)
    assert await status_of(infra, order.id) == OrderStatus.PAID
    assert await book(infra) == {("provider:sandbox", "EUR"): 1971, ("orders", "EUR"): -1990, ("fees", "EUR"): 19}
    assert await outbox_types(infra, PAYMENTS) == [PaymentCreated.type, PaymentCaptured.type]
    assert (await outbox_types(infra)).count(OrderPaid.type) == 1
    assert (await begin(infra, order, key="k")).id == payment.id
    with pytest.raises(InvalidTransition):
        await begin(infra, order)
    await assert_books_of_stock(infra)


async def test_one_payment_at_a_time(infra: Infra) -> None:
    order = await an_order(infra)
    made = await asyncio.gather(*(begin(infra, order) for _ in range(5)))
    assert len({payment.id for payment in made}) == 1
    other = await begin(infra, order, provider="manual")
    assert other.id != made[0].id
    assert [p.live_order_id for p in await payments_in(infra, order.id)] == [None, order.id]
    await check_payments(infra)
    old, new = await payments_in(infra, order.id)
    assert (old.status, new.status) == (PaymentStatus.CANCELLED, PaymentStatus.PENDING)
    assert (await outbox_types(infra, PAYMENTS)).count(PaymentCancelled.type) == 1


@ONE_MODE
async def test_what_is_asked_is_looked_at(infra: Infra) -> None:
    order = await an_order(infra)
    with pytest.raises(NotFound):
        await create_payment(infra, PaymentWish(new_id(), order.id, None, None, "k", BASE))
    with pytest.raises(InvalidInput) as refused:
        await create_payment(infra, PaymentWish(order.customer_id, order.id, "gold", None, "k", BASE))
    assert refused.value.problems[0].path == ("input", "provider")
    elsewhere = ("https://evil.example/", "javascript:alert(1)", "http://localhost:3000.evil/", "x" * 3000)
    above = ("http://localhost:3000/../x", "http://localhost:3000/%2e%2e/x", "http://localhost:3000/\\x")
    for url in (*elsewhere, *above):
        with pytest.raises(InvalidInput) as refused:
            await create_payment(infra, PaymentWish(order.customer_id, order.id, None, url, "k", BASE))
        assert refused.value.problems[0].path == ("input", "returnUrl")
    await begin(infra, order, key="k")
    with pytest.raises(IdempotencyConflict):
        await begin(infra, order, key="k", provider="manual")
    assert len(await payments_in(infra, order.id)) == 1


@pytest.mark.parametrize("worker_asks", [False, True])
async def test_an_answer_that_is_lost_is_found_again(
    infra: Infra, monkeypatch: pytest.MonkeyPatch, worker_asks: bool
) -> None:
    """The charge was made; the same key finds it with its page, and it is never made twice."""
    order, create = await an_order(infra), Sandbox.create

    async def lost(self: Sandbox, charge: Charge) -> Standing:
        await create(self, charge)
        raise Unreachable("the answer is lost")

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "create", lost)
        with pytest.raises(TryAgain):
            await begin(infra, order, key="k")
    if worker_asks:
        await make_checks_due(infra)
        await check_payments(infra)
    payment = await begin(infra, order, key="k")
    assert payment.redirect_url == f"{BASE}/sandbox/payments/{payment.reference}"
    [only] = await payments_in(infra, order.id)
    assert payment.id == only.id
    async with infra.database.read() as session:
        assert list(await session.scalars(select(SandboxCharge.id))) == [charge_of(payment)]


async def test_no_news_is_asked_for(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    assert await check_payments(infra) == 0
    await make_checks_due(infra)
    assert await check_payments(infra) == 1
    assert await status_of(infra, order.id) == OrderStatus.PAID
    assert (await require_payment(infra, payment.id)).check_at is None


async def test_declined(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order, key="k")
    await decide(infra, charge_of(payment), Decision(False), BASE)
    await deliver(infra, told(payment, status="FAILED", captured=0))
    # An approval that was on its way before is old news; money would not be.
    await deliver(infra, told(payment, status="AUTHORIZED", captured=0))
    assert (await require_payment(infra, payment.id)).status == PaymentStatus.FAILED
    with pytest.raises(PaymentDeclined):
        await begin(infra, order, key="k")
    again = await begin(infra, order, key="k2")
    await approve(infra, again)
    await deliver(infra, told(again))
    assert await status_of(infra, order.id) == OrderStatus.PAID


async def authorised(infra: Infra) -> tuple[OrderView, Payment]:
    """Money that is held, and to be taken later."""
    apart = infra.settings.model_copy(update={"payment_capture": "apart"})
    object.__setattr__(infra, "settings", apart)
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment, status="AUTHORIZED", captured=0))
    return order, payment


async def test_authorised_and_captured_apart(infra: Infra) -> None:
    order, payment = await authorised(infra)
    held = await require_payment(infra, payment.id)
    assert (held.status, held.captured) == (PaymentStatus.AUTHORIZED, 0)
    async with infra.database.read() as session:
        expires = await session.scalar(select(Order.expires_at).where(Order.id == order.id))
    assert expires is not None
    assert timedelta(days=4) < expires - infra.now() <= timedelta(days=5)
    for key in ("k", "k", "k2"):
        if key == "k2":
            with pytest.raises(InvalidTransition):
                await capture_payment(infra, payment.id, asked(key))
        else:
            assert (await capture_payment(infra, payment.id, asked(key))).captured == 1990
    assert await status_of(infra, order.id) == OrderStatus.PAID


async def test_an_authorisation_of_a_cancelled_order_is_let_go(infra: Infra) -> None:
    order, payment = await authorised(infra)
    await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "c"))
    await check_payments(infra)
    assert (await require_payment(infra, payment.id)).status == PaymentStatus.CANCELLED
    assert (await Sandbox(infra).fetch(payment.id.hex, None) or payment).status == PaymentStatus.CANCELLED
    assert await book(infra) == {}


@ONE_MODE
async def test_webhooks_that_are_refused_and_kept(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    body = b'{"type": "charge.captured"}'
    good = sign(b"another secret", "evt", body, infra.now())
    secret = webhook_secret(infra.settings)
    old = sign(secret, "evt", body, infra.now() - timedelta(minutes=6))
    cases = [
        ("sandbox", good, body, "bad_signature"),
        ("sandbox", {}, body, "unsigned"),
        ("sandbox", old, body, "too_old"),
        ("sandbox", sign(secret, "evt", body, infra.now()), body + b" ", "bad_signature"),
        ("sandbox", sign(secret, "evt", body, infra.now()), body, "unreadable"),
        ("sandbox", good, b"x" * 70_000, "too_large"),
        ("manual", good, body, "no_webhooks"),
        ("gold", good, body, "unknown_provider"),
    ]
    for provider, headers, raw, reason in cases:
        with pytest.raises(BadWebhook) as refused:
            await receive_webhook(infra, provider, headers, raw)
        assert refused.value.reason == reason
    unknown = told(payment, key=new_id().hex, id=new_id().hex)
    await deliver(infra, unknown)
    [kept] = await list_unused_webhooks(infra, 10)
    assert (kept.event_id, kept.state, kept.body) == (unknown["id"], "UNKNOWN", unknown)
    counts = infra.counters.snapshot()["payment_webhook"]
    assert counts == {
        "bad_signature": 2, "unsigned": 1, "too_old": 1, "unreadable": 1, "too_large": 1, "no_webhooks": 1,
        "unknown_provider": 1, "unknown": 1,
    }  # fmt: skip
    assert await status_of(infra, order.id) == OrderStatus.AWAITING_PAYMENT


@ONE_MODE
async def test_who_approves_is_kept_until_the_shop_has_answered(infra: Infra) -> None:
    """But not for ever."""
    payment = await begin(infra, await an_order(infra))
    async with receiving() as shop:
        shop.open.clear()
        [webhook] = (await decide(infra, charge_of(payment), Decision(True), shop.url)).webhooks
        await send_now(infra, [webhook], within=0.0)
        kept = asyncio.create_task(send_now(infra, [webhook], within=60.0))
        await until(shop.heard, lambda heard: heard == 2)
        assert not kept.done()
        shop.open.set()
        await kept
        assert [event["id"] for event in shop.events] == [webhook.body["id"]] * 2
