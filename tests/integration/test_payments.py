"""Money is taken once, for the right order, and given back when it should be."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from infra.ids import new_id
from infra.runtime import Infra
from infra.settings import Settings
from models import (
    MoneyEntry,
    Order,
    OrderStatus,
    Payment,
    PaymentProblem,
    PaymentStatus,
    QueuedMail,
    Refund,
    RefundState,
    SandboxCharge,
    User,
)
from services.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    PaymentDeclined,
    TryAgain,
)
from services.events import (
    ORDER_PAID,
    PAYMENT_CANCELLED,
    PAYMENT_CAPTURED,
    PAYMENT_CREATED,
    PAYMENT_REFUNDED,
    PAYMENTS,
)
from services.order.cancel_order import Cancellation, cancel_order
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.order.expire_orders import expire_due_orders
from services.payment.capture_payment import capture_payment
from services.payment.check_payments import check_payments
from services.payment.create_payment import PaymentWish, create_payment
from services.payment.daily_totals import DailyTotal, daily_totals
from services.payment.find_payments import require_payment
from services.payment.list_webhooks import list_unused_webhooks
from services.payment.provider import BadWebhook, Charge, Standing, Unreachable
from services.payment.receive_webhook import receive_webhook
from services.payment.reconcile import Difference, reconcile_payments
from services.payment.refund_payment import RefundWish, refund_payment
from services.payment.sandbox.page import Decision, decide
from services.payment.sandbox.provider import Sandbox
from services.payment.sandbox.secret import webhook_secret
from services.payment.signature import sign
from services.stock.reconcile import reconcile
from tests.books import outbox_types
from tests.commands import rushcart
from tests.factories import make_due, stock_of
from tests.integration.money import (
    BASE,
    an_order,
    approve,
    asked,
    begin,
    book,
    charge_of,
    deliver,
    mails_in,
    payments_in,
    refund_all_due,
    refunds_in,
    status_of,
    told,
)
from tests.workers import persist_all

FEE_ONLY = {("provider:sandbox", "EUR"): -19, ("fees", "EUR"): 19}
"""All was given back but what the provider keeps."""


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """Patient: nothing here is about the time that a store takes, and the machine may be busy."""
    return settings.model_copy(update={"store_timeout": 10.0})


async def make_checks_due(infra: Infra) -> None:
    async with infra.database.write() as session:
        due = update(Payment).where(Payment.check_at.is_not(None))
        await session.execute(due.values(check_at=infra.now() - timedelta(seconds=1)))


async def assert_books_of_stock(infra: Infra) -> None:
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []


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
    assert await outbox_types(infra, PAYMENTS) == [PAYMENT_CREATED, PAYMENT_CAPTURED]
    assert (await outbox_types(infra)).count(ORDER_PAID) == 1
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
    assert (await outbox_types(infra, PAYMENTS)).count(PAYMENT_CANCELLED) == 1


async def test_what_is_asked_is_looked_at(infra: Infra) -> None:
    order = await an_order(infra)
    with pytest.raises(NotFound):
        await create_payment(infra, PaymentWish(new_id(), order.id, None, None, "k", BASE))
    with pytest.raises(InvalidInput) as refused:
        await create_payment(infra, PaymentWish(order.customer_id, order.id, "gold", None, "k", BASE))
    assert refused.value.problems[0].path == ("input", "provider")
    for url in ("https://evil.example/", "javascript:alert(1)", "http://localhost:3000.evil/", "x" * 3000):
        with pytest.raises(InvalidInput) as refused:
            await create_payment(infra, PaymentWish(order.customer_id, order.id, None, url, "k", BASE))
        assert refused.value.problems[0].path == ("input", "returnUrl")
    await begin(infra, order, key="k")
    with pytest.raises(IdempotencyConflict):
        await begin(infra, order, key="k", provider="manual")
    assert len(await payments_in(infra, order.id)) == 1


async def test_an_answer_that_is_lost_is_found_again(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    """The charge was made; the same key finds it, and it is never made twice."""
    order, create = await an_order(infra), Sandbox.create

    async def lost(self: Sandbox, charge: Charge) -> Standing:
        await create(self, charge)
        raise Unreachable("the answer is lost")

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "create", lost)
        with pytest.raises(TryAgain):
            await begin(infra, order, key="k")
    payment = await begin(infra, order, key="k")
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


@pytest.mark.parametrize("ended", [OrderStatus.EXPIRED, OrderStatus.CANCELLED])
async def test_money_that_comes_too_late_goes_back_once(infra: Infra, ended: OrderStatus) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    if ended == OrderStatus.EXPIRED:
        await make_due(infra, order.id)
        await expire_due_orders(infra)
    else:
        await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "c"))
    await approve(infra, payment)
    await add_customer(infra, order.customer_id)
    for _ in range(2):
        await deliver(infra, told(payment))
    # The worker meant to cancel it, and finds it captured.
    await make_checks_due(infra)
    await check_payments(infra)
    await refund_all_due(infra)
    assert await status_of(infra, order.id) == ended
    [refund] = await refunds_in(infra)
    assert (refund.amount, refund.state) == (1990, RefundState.DONE)
    after = await require_payment(infra, payment.id)
    assert (after.status, after.refunded, after.refunding) == (PaymentStatus.REFUNDED, 1990, 0)
    assert await mails_in(infra) == ["REFUNDED_LATE"]
    assert await book(infra) == FEE_ONLY
    await assert_books_of_stock(infra)


async def add_customer(infra: Infra, user_id: Any) -> None:
    async with infra.database.write() as session:
        session.add(
            User(
                id=user_id, email=f"{user_id.hex}@example.org", display_name="Ada", password_hash="",
                roles=["CUSTOMER"], locale="zh", created_at=infra.now(),
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("told_of", "problem"),
    [
        ({"captured": 1989, "amount": 1989}, PaymentProblem.WRONG_AMOUNT),
        ({"captured": 5000, "amount": 5000}, PaymentProblem.WRONG_AMOUNT),
        ({"currency": "USD"}, PaymentProblem.WRONG_CURRENCY),
    ],
)
async def test_money_that_is_not_what_it_costs_is_held(
    infra: Infra, told_of: dict[str, Any], problem: PaymentProblem
) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    await decide(infra, charge_of(payment), Decision(True, amount=told_of.get("amount")), BASE)
    await deliver(infra, told(payment, **told_of))
    held = await require_payment(infra, payment.id)
    assert (held.status, held.problem, held.pays_order) == (PaymentStatus.CAPTURED, problem, False)
    assert await status_of(infra, order.id) == OrderStatus.AWAITING_PAYMENT
    assert await refunds_in(infra) == []
    assert (await begin(infra, order)).id == payment.id
    await refund_payment(infra, RefundWish(payment.id, None, "Wrong"), asked())
    after = await require_payment(infra, payment.id)
    assert after.status == PaymentStatus.REFUNDED
    assert await status_of(infra, order.id) == OrderStatus.AWAITING_PAYMENT
    assert (await begin(infra, order)).id != payment.id
    left = await book(infra)
    assert {account: amount for (account, _), amount in left.items()} == {
        "provider:sandbox": -(after.captured // 100), "fees": after.captured // 100,
    }  # fmt: skip


async def test_the_second_of_two_captures_goes_back(infra: Infra) -> None:
    order = await an_order(infra)
    first = await begin(infra, order)
    await begin(infra, order, provider="manual")
    second = (await payments_in(infra, order.id))[1]
    await approve(infra, first)
    await capture_payment(infra, second.id, asked())
    assert await status_of(infra, order.id) == OrderStatus.PAID
    await deliver(infra, told(first))
    await refund_all_due(infra)
    one, two = await payments_in(infra, order.id)
    assert (one.status, one.pays_order) == (PaymentStatus.REFUNDED, False)
    assert (two.status, two.pays_order) == (PaymentStatus.CAPTURED, True)
    assert await status_of(infra, order.id) == OrderStatus.PAID
    assert await book(infra) == {("provider:manual", "EUR"): 1990, ("orders", "EUR"): -1990} | FEE_ONLY


async def test_capture_and_expiry_race(infra: Infra) -> None:
    """One of them wins; if it is the expiry, the money goes back."""
    seen: Counter[OrderStatus] = Counter()
    for _ in range(6):
        order = await an_order(infra)
        payment = await begin(infra, order)
        await approve(infra, payment)
        await make_due(infra, order.id)
        await asyncio.gather(deliver(infra, told(payment)), expire_due_orders(infra))
        await refund_all_due(infra)
        status, after = await status_of(infra, order.id), await require_payment(infra, payment.id)
        kept = {OrderStatus.PAID: PaymentStatus.CAPTURED, OrderStatus.EXPIRED: PaymentStatus.REFUNDED}
        assert after.status == kept[status]
        seen[status] += 1
    assert (await book(infra)).get(("orders", "EUR"), 0) == -1990 * seen[OrderStatus.PAID]
    await assert_books_of_stock(infra)


async def test_refunds_never_exceed_what_was_captured(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    results = await asyncio.gather(
        *(refund_payment(infra, RefundWish(payment.id, Decimal("5"), None), asked()) for _ in range(6)),
        return_exceptions=True,
    )
    assert Counter(type(result) for result in results) == {Payment: 3, InvalidInput: 3}
    after = await require_payment(infra, payment.id)
    assert (after.status, after.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, 1500)
    assert await status_of(infra, order.id) == OrderStatus.PAID
    for key in ("rest", "rest"):
        await refund_payment(infra, RefundWish(payment.id, None, "Broken"), asked(key))
    with pytest.raises(InvalidInput) as refused:
        await refund_payment(infra, RefundWish(payment.id, None, None), asked())
    assert refused.value.problems[0].path == ("input", "amount")
    assert (await require_payment(infra, payment.id)).status == PaymentStatus.REFUNDED
    assert await status_of(infra, order.id) == OrderStatus.REFUNDED
    # An event says how it stands, so two refunds at a time may be told by one.
    assert 2 <= (await outbox_types(infra, PAYMENTS)).count(PAYMENT_REFUNDED) <= 4
    assert await book(infra) == FEE_ONLY
    [sku] = [line.sku for line in order.lines]
    stock = await stock_of(infra, sku)
    assert (stock["on_hand"], stock["committed"], stock["held"]) == (10, 0, 0)
    await assert_books_of_stock(infra)


async def test_a_paid_order_that_is_cancelled_gets_its_money_back(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    await cancel_order(infra, Cancellation(order.customer_id, order.id, "No more", "c"))
    [refund] = await refunds_in(infra)
    assert (refund.state, refund.reason) == (RefundState.PENDING, "No more")
    await asyncio.gather(refund_all_due(infra), refund_all_due(infra))
    assert (await require_payment(infra, payment.id)).status == PaymentStatus.REFUNDED
    assert await status_of(infra, order.id) == OrderStatus.CANCELLED
    assert await book(infra) == FEE_ONLY


async def test_a_shipped_order_that_is_refunded_gives_no_stock_back(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    await create_shipment(infra, ShipmentDraft(order.id, "Post", None, None), asked())
    await refund_payment(infra, RefundWish(payment.id, None, None), asked())
    assert await status_of(infra, order.id) == OrderStatus.REFUNDED
    [sku] = [line.sku for line in order.lines]
    assert (await stock_of(infra, sku))["on_hand"] == 9
    await assert_books_of_stock(infra)


async def test_a_refund_whose_answer_is_lost_is_sent_again_and_done_once(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, refund = await an_order(infra), Sandbox.refund
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))

    async def lost(self: Sandbox, reference: str, amount: int, key: str) -> Standing:
        await refund(self, reference, amount, key)
        raise Unreachable("the answer is lost")

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "refund", lost)
        after = await refund_payment(infra, RefundWish(payment.id, Decimal(5), None), asked())
    assert (after.refunded, after.refunding) == (0, 500)
    async with infra.database.write() as session:
        await session.execute(update(Refund).values(due_at=infra.now()))
    await refund_all_due(infra)
    after = await require_payment(infra, payment.id)
    assert (after.refunded, after.refunding, after.status) == (500, 0, PaymentStatus.PARTIALLY_REFUNDED)
    assert [r.state for r in await refunds_in(infra)] == [RefundState.DONE]
    assert (await Sandbox(infra).fetch(payment.id.hex, None)) == Standing(
        payment.id.hex, str(payment.reference), PaymentStatus.CAPTURED, 1990, "EUR", 1990, 500, 19
    )


async def test_authorised_and_captured_apart(infra: Infra) -> None:
    apart = infra.settings.model_copy(update={"payment_capture": "apart"})
    object.__setattr__(infra, "settings", apart)
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment, status="AUTHORIZED", captured=0))
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
    apart = infra.settings.model_copy(update={"payment_capture": "apart"})
    object.__setattr__(infra, "settings", apart)
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment, status="AUTHORIZED", captured=0))
    await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "c"))
    await check_payments(infra)
    assert (await require_payment(infra, payment.id)).status == PaymentStatus.CANCELLED
    assert (await Sandbox(infra).fetch(payment.id.hex, None) or payment).status == PaymentStatus.CANCELLED
    assert await book(infra) == {}


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


async def test_a_receipt_in_the_customers_language(infra: Infra) -> None:
    order = await an_order(infra)
    await add_customer(infra, order.customer_id)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    await refund_payment(infra, RefundWish(payment.id, Decimal("1.50"), None), asked())
    assert await mails_in(infra) == ["RECEIPT", "REFUNDED"]
    async with infra.database.read() as session:
        mails = list(await session.scalars(select(QueuedMail).order_by(QueuedMail.id)))
    assert [mail.locale for mail in mails] == ["zh", "zh"]
    assert mails[0].data["total"] == mails[0].data["amount"] == "19.90 EUR"
    assert mails[0].data["lines"] == f"1 × {order.lines[0].title}: 19.90 EUR"
    assert mails[1].data["amount"] == "1.50 EUR"


async def test_the_books_and_the_providers_are_compared(infra: Infra) -> None:
    order, other = await an_order(infra), await an_order(infra)
    payment, lost = await begin(infra, order), await begin(infra, other)
    for one in (payment, lost):
        await approve(infra, one)
    await deliver(infra, told(payment, fees=19))
    since = infra.now() - timedelta(days=1)
    found = await reconcile_payments(infra, since)
    assert (found.payments, found.listed) == (2, 2)
    assert found.differences == [Difference("provider", lost.id.hex, "(0, 0, 0)", "(1990, 0, 19)")]
    assert [d.fixed for d in (await reconcile_payments(infra, since, fix=True)).differences] == [True]
    assert await status_of(infra, other.id) == OrderStatus.PAID
    assert (await reconcile_payments(infra, since)).differences == []
    async with infra.database.write() as session:
        entry = (await session.scalars(select(MoneyEntry).where(MoneyEntry.payment_id == lost.id).limit(1))).one()
        entry.amount += 1
        await session.execute(delete(SandboxCharge).where(SandboxCharge.key == payment.id.hex))
    damaged = {(d.what, d.payment) for d in (await reconcile_payments(infra, since)).differences}
    assert {("books", entry.posting_id.hex), ("unknown", payment.id.hex)} <= damaged
    rushcart_says = await rushcart(infra, "payments", "reconcile")
    assert rushcart_says.returncode == 1
    assert "2 payments in the books, 1 listed by providers" in rushcart_says.stdout


async def test_daily_totals(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment, fees=19))
    await refund_payment(infra, RefundWish(payment.id, Decimal(5), None), asked())
    today = infra.now().date()
    assert await daily_totals(infra, today - timedelta(days=1), today + timedelta(days=1)) == [
        DailyTotal(today, "sandbox", "EUR", captured=1990, refunded=500, fees=19)
    ]
    assert await daily_totals(infra, today + timedelta(days=1), today + timedelta(days=1)) == []
    with pytest.raises(InvalidInput):
        await daily_totals(infra, today, today - timedelta(days=1))
