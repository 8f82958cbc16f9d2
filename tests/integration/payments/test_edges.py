"""Money that comes too late, twice, or is not what the order costs; payments that nobody waits for any more."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import (
    OrderStatus,
    PaymentProblem,
    PaymentStatus,
    RefundState,
)
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.payment.capture_payment import capture_payment
from services.payment.check_payments import check_payments
from services.payment.create_payment import PaymentWish, create_payment
from services.payment.find_payments import require_payment
from services.payment.provider import Charge, Standing, Unreachable
from services.payment.refund_payment import RefundWish, refund_payment
from services.payment.sandbox.page import Decision, decide
from services.payment.sandbox.provider import Sandbox
from services.shared.errors import InvalidTransition, PaymentDeclined, TryAgain
from tests.factories import make_due
from tests.integration.money import (
    BASE,
    FEE_ONLY,
    add_customer,
    an_order,
    approve,
    asked,
    assert_books_of_stock,
    begin,
    book,
    charge_of,
    deliver,
    mails_in,
    make_checks_due,
    payments_in,
    refund_all_due,
    refunds_in,
    status_of,
    told,
)


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


@pytest.mark.parametrize("given_up", [False, True])
@pytest.mark.parametrize("ended", [OrderStatus.EXPIRED, OrderStatus.CANCELLED])
async def test_a_bank_transfer_that_comes_too_late_is_noted_and_goes_back(
    infra: Infra, ended: OrderStatus, given_up: bool
) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order, provider="manual")
    await add_customer(infra, order.customer_id)
    if ended == OrderStatus.EXPIRED:
        await make_due(infra, order.id)
        await expire_due_orders(infra)
    else:
        await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "c"))
    if given_up:
        await make_checks_due(infra)
        await check_payments(infra)
        assert (await require_payment(infra, payment.id)).status == PaymentStatus.CANCELLED
    noted = await capture_payment(infra, payment.id, asked("note"))
    assert (noted.captured, noted.pays_order) == (1990, False)
    assert (await capture_payment(infra, payment.id, asked("note"))).captured == 1990
    with pytest.raises(InvalidTransition):
        await capture_payment(infra, payment.id, asked("again"))
    await refund_all_due(infra)
    after = await require_payment(infra, payment.id)
    assert (after.status, after.refunded) == (PaymentStatus.REFUNDED, 1990)
    assert await status_of(infra, order.id) == ended
    assert await mails_in(infra) == [f"ORDER_{ended}", "REFUNDED_LATE"]
    assert await book(infra) == {}
    await assert_books_of_stock(infra)


@pytest.mark.parametrize("checked", [False, True])
async def test_a_transfer_that_nobody_had_told_of_is_noted_by_staff(infra: Infra, checked: bool) -> None:
    order = await an_order(infra)
    await add_customer(infra, order.customer_id)
    await make_due(infra, order.id)
    await expire_due_orders(infra)
    wish = PaymentWish(new_id(), order.id, "manual", None, "late", BASE, any_owner=True)
    own = replace(wish, customer_id=order.customer_id, any_owner=False)
    for refused in (own, replace(wish, provider="sandbox", idempotency_key="other")):
        with pytest.raises(InvalidTransition):
            await create_payment(infra, refused)
    assert await payments_in(infra, order.id) == []
    payment = await create_payment(infra, wish)
    assert (payment.status, payment.live_order_id) == (PaymentStatus.PENDING, None)
    if checked:
        await make_checks_due(infra)
        await check_payments(infra)
    assert (await create_payment(infra, wish)).id == payment.id
    noted = await capture_payment(infra, payment.id, asked("note"))
    assert (noted.captured, noted.pays_order) == (1990, False)
    await refund_all_due(infra)
    assert (await require_payment(infra, payment.id)).status == PaymentStatus.REFUNDED
    assert await status_of(infra, order.id) == OrderStatus.EXPIRED
    assert await mails_in(infra) == ["ORDER_EXPIRED", "REFUNDED_LATE"]
    assert await book(infra) == {}
    await assert_books_of_stock(infra)


async def test_of_an_order_that_is_paid_nothing_more_is_begun(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order, provider="manual")
    await capture_payment(infra, payment.id, asked("note"))
    with pytest.raises(InvalidTransition):
        await create_payment(infra, PaymentWish(new_id(), order.id, "manual", None, "more", BASE, any_owner=True))


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


@pytest.mark.parametrize("told_late", [False, True])
async def test_what_is_begun_after_it_was_given_up_is_cancelled_with_the_provider(
    infra: Infra, monkeypatch: pytest.MonkeyPatch, told_late: bool
) -> None:
    """A worker asks about it before the provider has heard of it, and hears the answer after that."""
    order, create, fetch = await an_order(infra), Sandbox.create, Sandbox.fetch
    made, asked_for = asyncio.Event(), asyncio.Event()

    async def late(self: Sandbox, charge: Charge) -> Standing:
        await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "c"))
        checking.append(asyncio.create_task(check_payments(infra)))
        await (asked_for.wait() if told_late else checking[0])
        return await create(self, charge)

    async def unheard(self: Sandbox, key: str, reference: str | None) -> Standing | None:
        found = await fetch(self, key, reference)
        asked_for.set()
        if told_late:
            await made.wait()
        return found

    checking: list[asyncio.Task[int]] = []
    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "create", late)
        patched.setattr(Sandbox, "fetch", unheard)
        payment = await begin(infra, order)
        made.set()
        await checking[0]
    await make_checks_due(infra)
    await check_payments(infra)
    there = await fetch(Sandbox(infra), payment.id.hex, None)
    assert there is not None
    assert there.status == PaymentStatus.CANCELLED
    after = await require_payment(infra, payment.id)
    assert (after.status, after.check_at) == (PaymentStatus.CANCELLED, None)


async def _unreachable(self: Sandbox, charge: Charge) -> Standing:
    raise Unreachable("no answer")


async def test_a_payment_that_was_given_up_is_not_begun(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    order = await an_order(infra)
    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "create", _unreachable)
        with pytest.raises(TryAgain):
            await begin(infra, order, key="k")
    await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "c"))
    for status in (PaymentStatus.PENDING, PaymentStatus.CANCELLED):
        # The same key is answered as a new one is: there is no page that the customer could be sent to.
        for key in ("k", "new"):
            with pytest.raises(InvalidTransition) as refused:
                await begin(infra, order, key=key)
            assert refused.value.source == OrderStatus.CANCELLED
        [payment] = await payments_in(infra, order.id)
        assert (payment.status, payment.reference) == (status, None)
        await check_payments(infra)
    assert await Sandbox(infra).fetch(payment.id.hex, None) is None


async def test_the_key_of_a_payment_that_another_took_the_place_of_is_told_so(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await an_order(infra)
    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "create", _unreachable)
        with pytest.raises(TryAgain):
            await begin(infra, order, key="k")
    instead = await begin(infra, order, provider="manual", key="m")
    with pytest.raises(PaymentDeclined, match="Another payment"):
        await begin(infra, order, key="k")
    assert (await begin(infra, order, provider="manual", key="m")).id == instead.id
