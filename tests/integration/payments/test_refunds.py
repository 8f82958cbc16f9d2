"""Money goes back once, and never more of it than was taken."""

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import update

from infra.runtime import Infra
from models import (
    OrderStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundState,
)
from services.order.cancel_order import Cancellation, cancel_order
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.payment.find_payments import require_payment
from services.payment.provider import Standing, Unreachable
from services.payment.refund_payment import RefundWish, refund_payment
from services.payment.sandbox.provider import Sandbox
from services.shared.errors import InvalidInput
from services.shared.events import PAYMENTS, PaymentRefunded
from tests.books import outbox_types
from tests.factories import stock_of
from tests.integration.money import (
    FEE_ONLY,
    an_order,
    approve,
    asked,
    assert_books_of_stock,
    begin,
    book,
    deliver,
    paid,
    refund_all_due,
    refunds_in,
    status_of,
    told,
)


async def test_refunds_never_exceed_what_was_captured(infra: Infra) -> None:
    order, payment = await paid(infra)
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
    assert 2 <= (await outbox_types(infra, PAYMENTS)).count(PaymentRefunded.type) <= 4
    assert await book(infra) == FEE_ONLY
    [sku] = [line.sku for line in order.lines]
    stock = await stock_of(infra, sku)
    assert (stock["on_hand"], stock["committed"], stock["held"]) == (10, 0, 0)
    await assert_books_of_stock(infra)


async def test_staff_are_answered_with_the_refund_done_however_busy_workers_are(infra: Infra) -> None:
    _, payment = await paid(infra)
    done = asyncio.Event()

    async def work() -> None:
        while not done.is_set():
            await refund_all_due(infra)

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        answers = [
            await refund_payment(infra, RefundWish(payment.id, Decimal(1), None), asked()) for _ in range(8)
        ]
        done.set()
    assert [answer.refunded for answer in answers] == [100 * count for count in range(1, 9)]


async def test_a_paid_order_that_is_cancelled_gets_its_money_back(infra: Infra) -> None:
    order, payment = await paid(infra)
    await cancel_order(infra, Cancellation(order.customer_id, order.id, "No more", "c"))
    [refund] = await refunds_in(infra)
    assert (refund.state, refund.reason) == (RefundState.PENDING, "No more")
    await asyncio.gather(refund_all_due(infra), refund_all_due(infra))
    assert (await require_payment(infra, payment.id)).status == PaymentStatus.REFUNDED
    assert await status_of(infra, order.id) == OrderStatus.CANCELLED
    assert await book(infra) == FEE_ONLY


async def test_a_shipped_order_that_is_refunded_gives_no_stock_back(infra: Infra) -> None:
    order, payment = await paid(infra)
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
