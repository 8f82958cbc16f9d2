"""Payments that are told of, or begun, at the same time go together; each comes to what it would come to alone."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import (
    FlashSaleItem,
    InboxEvent,
    MoneyEntry,
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    RefundState,
    StockLevel,
)
from models.order_document import OrderView
from services.money.request_refund import request_refund
from services.order.expire_due_orders import expire_due_orders
from services.order.place_flash_order import place_flash_order
from services.payment.choose_provider import choose_provider
from services.payment.find_payments import require_payment
from services.payment.open_payment import Opening, open_payment
from services.payment.provider import Standing
from services.payment.sandbox.provider import Sandbox
from services.payment.send_refunds import send_refunds
from services.payment.settle import News, settle
from services.shared.errors import IdempotencyConflict, InvalidTransition, NotFound
from services.shared.events import PAYMENTS, OrderPaid, OrderRefunded, PaymentCaptured, PaymentCreated
from services.shared.idempotency import Request
from services.stock.rows import LevelMissing
from tests.books import outbox_types
from tests.cut_off import CutOff, cut_off
from tests.factories import make_due, order_wish, running_sale, stock_of
from tests.integration.catalog.products import statements
from tests.integration.money import (
    BASE,
    add_customer,
    an_order,
    approve,
    assert_books_of_stock,
    begin,
    book,
    deliver,
    mails_in,
    payments_in,
    refund_all_due,
    refunds_in,
    status_of,
    told,
)

SHOPPERS = 12


async def orders_of_one_sale(infra: Infra, count: int = SHOPPERS) -> tuple[str, list[OrderView]]:
    item = await running_sale(infra, quantity=count, on_hand=count)
    orders = [await place_flash_order(infra, order_wish(item)) for _ in range(count)]
    for order in orders:
        await add_customer(infra, order.customer_id)
    return item.sku, orders


async def test_many_of_one_sku_begin_and_are_paid_at_once(infra: Infra) -> None:
    """Their orders are in nobody's hands but the log's: those who pay persist them, together."""
    sku, orders = await orders_of_one_sale(infra)
    payments = await asyncio.gather(*(begin(infra, order) for order in orders))
    assert [payment.order_id for payment in payments] == [order.id for order in orders]
    await asyncio.gather(*(approve(infra, payment) for payment in payments))
    webhooks = [told(payment, fees=19) for payment in payments]
    with statements(infra) as seen:
        await asyncio.gather(*(deliver(infra, webhook) for webhook in [*webhooks, *webhooks]))
    assert sum("stock_levels" in statement for statement in seen) < SHOPPERS
    assert {await status_of(infra, order.id) for order in orders} == {OrderStatus.PAID}
    held = {name: (await stock_of(infra, sku))[name] for name in ("held", "committed")}
    assert held == {"held": 0, "committed": SHOPPERS}
    sums = {"provider:sandbox": 1971, "orders": -1990, "fees": 19}
    assert await book(infra) == {(account, "EUR"): SHOPPERS * amount for account, amount in sums.items()}
    assert (await outbox_types(infra)).count(OrderPaid.type) == SHOPPERS
    assert (await outbox_types(infra, PAYMENTS)).count(PaymentCaptured.type) == SHOPPERS
    assert (await mails_in(infra)).count("RECEIPT") == SHOPPERS
    assert infra.counters.snapshot()["payment_webhook"] == {"done": SHOPPERS, "replayed": SHOPPERS}
    await assert_books_of_stock(infra)


async def test_an_order_is_persisted_in_the_transaction_of_its_payment(infra: Infra) -> None:
    """One that was promised what is not there spoils nothing for the others."""
    sku, orders = await orders_of_one_sale(infra, 5)
    async with infra.database.write() as session:
        await session.execute(update(FlashSaleItem).values(remaining=4))
    answers = await asyncio.gather(*(begin(infra, order) for order in orders), return_exceptions=True)
    assert Counter(map(type, answers)) == {Payment: 4, InvalidTransition: 1}
    [refused] = [one for one in answers if isinstance(one, InvalidTransition)]
    assert refused.source == "REJECTED"
    times = select(Order.status, Order.updated_at, Payment.created_at).outerjoin(
        Payment, Payment.order_id == Order.id
    )
    async with infra.database.read() as session:
        rows = [tuple(row) for row in await session.execute(times)]
    assert Counter((status, begun == written) for status, written, begun in rows) == {
        (OrderStatus.AWAITING_PAYMENT, True): 4,
        (OrderStatus.REJECTED, False): 1,
    }
    assert (await stock_of(infra, sku))["held"] == 4


async def settle_together(infra: Infra, payments: Sequence[Payment]) -> None:
    """As one group has them: each captured, in this order."""
    news = [
        News(p.id, Standing(p.id.hex, str(p.reference), PaymentStatus.CAPTURED, p.amount, p.currency, p.amount))
        for p in payments
    ]
    await infra.database.transact(lambda session: settle(session, infra, news))


@pytest.mark.parametrize("first", [0, 1])
async def test_of_two_payments_of_an_order_in_one_group_one_wins(infra: Infra, first: int) -> None:
    """Whichever comes first, also the one that was given up for the other."""
    order, other = await an_order(infra), await an_order(infra)
    await begin(infra, order)
    await begin(infra, order, provider="manual")
    pair = await payments_in(infra, order.id)
    winner, loser = pair[first], pair[1 - first]
    await settle_together(infra, [winner, await begin(infra, other), loser, winner, loser])
    assert [await status_of(infra, one.id) for one in (order, other)] == [OrderStatus.PAID] * 2
    [refund] = await refunds_in(infra)
    assert (refund.payment_id, refund.amount, refund.reason) == (loser.id, 1990, "The order was paid already.")
    after = {payment.id: payment for payment in await payments_in(infra, order.id)}
    assert (after[winner.id].pays_order, after[loser.id].pays_order) == (True, False)
    assert {payment.live_order_id for payment in after.values()} == {None}
    assert (await outbox_types(infra)).count(OrderPaid.type) == 2
    async with infra.database.read() as session:
        captured = (await session.scalars(select(MoneyEntry).where(MoneyEntry.account == "orders"))).all()
    assert sorted(entry.amount for entry in captured) == [-1990] * 3
    await assert_books_of_stock(infra)


async def test_late_money_in_a_group_goes_back_and_the_rest_is_paid(infra: Infra) -> None:
    """While orders expire: each has one winner, and of who lost, the money goes back once."""
    sku, orders = await orders_of_one_sale(infra)
    payments = await asyncio.gather(*(begin(infra, order) for order in orders))
    await asyncio.gather(*(approve(infra, payment) for payment in payments))
    for order in orders[::2]:
        await make_due(infra, order.id)
    early, late = payments[:2], payments[2:]
    await asyncio.gather(*(deliver(infra, told(payment)) for payment in early))
    await asyncio.gather(expire_due_orders(infra), *(deliver(infra, told(payment)) for payment in late))
    await refund_all_due(infra)
    found = [await status_of(infra, order.id) for order in orders]
    assert set(found[:2] + found[1::2]) == {OrderStatus.PAID}
    for order, status in zip(orders, found, strict=True):
        [payment] = await payments_in(infra, order.id)
        kept = {OrderStatus.PAID: PaymentStatus.CAPTURED, OrderStatus.EXPIRED: PaymentStatus.REFUNDED}
        assert payment.status == kept[status]
    lost = found.count(OrderStatus.EXPIRED)
    assert len(await refunds_in(infra)) == lost
    assert (await book(infra))["orders", "EUR"] == -1990 * (SHOPPERS - lost)
    assert (await stock_of(infra, sku))["committed"] == SHOPPERS - lost
    await assert_books_of_stock(infra)


async def test_orders_whose_money_goes_back_at_once_are_closed_together(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    sku, orders = await orders_of_one_sale(infra)
    payments = await asyncio.gather(*(begin(infra, order) for order in orders))
    await asyncio.gather(*(approve(infra, payment) for payment in payments))
    await asyncio.gather(*(deliver(infra, told(payment)) for payment in payments))
    async with infra.database.write() as session:
        for payment in await session.scalars(select(Payment).with_for_update()):
            request_refund(session, payment, 1990, "recalled", "staff", infra.now())
    _answer_at_once(monkeypatch, SHOPPERS)
    with statements(infra) as seen:
        assert await send_refunds(infra) == SHOPPERS
    assert sum(statement.startswith("UPDATE stock_levels") for statement in seen) < SHOPPERS
    assert {await status_of(infra, order.id) for order in orders} == {OrderStatus.REFUNDED}
    assert {refund.state for refund in await refunds_in(infra)} == {RefundState.DONE}
    assert (await outbox_types(infra)).count(OrderRefunded.type) == SHOPPERS
    assert (await stock_of(infra, sku))["set_aside"] == SHOPPERS
    assert ("orders", "EUR") not in await book(infra)  # it is 0
    await assert_books_of_stock(infra)


def _answer_at_once(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """The provider has so many refunds done before it answers the first."""
    all_done, refund = asyncio.Barrier(count), Sandbox.refund

    async def together(self: Sandbox, reference: str, amount: int, key: str) -> Standing:
        standing = await refund(self, reference, amount, key)
        await all_done.wait()
        return standing

    monkeypatch.setattr(Sandbox, "refund", together)


async def test_one_whose_books_are_broken_does_not_keep_the_others(infra: Infra) -> None:
    good, bad = await an_order(infra), await an_order(infra)
    payments = [await begin(infra, order) for order in (good, bad)]
    async with infra.database.write() as session:
        await session.execute(delete(StockLevel).where(StockLevel.sku == bad.lines[0].sku))
    answers = await asyncio.gather(*(deliver(infra, told(p)) for p in payments), return_exceptions=True)
    assert answers[0] is None
    assert isinstance(answers[1], LevelMissing)
    assert [await status_of(infra, order.id) for order in (good, bad)] == ["PAID", "AWAITING_PAYMENT"]
    async with infra.database.read() as session:  # it is told again, and taken then
        assert list(await session.scalars(select(InboxEvent.payment_id))) == [payments[0].id]
    assert (await require_payment(infra, payments[1].id)).captured == 0


async def test_a_group_that_is_cut_off_is_all_or_nothing_and_nothing_is_lost(infra: Infra) -> None:
    """Wherever its process dies: none or all of them are paid, and told again, all are, once."""
    seen: set[int] = set()
    for after in (3, 12, 20, 28, 36, 1_000):
        _, orders = await orders_of_one_sale(infra, 3)
        payments = await asyncio.gather(*(begin(infra, order) for order in orders))
        with suppress(CutOff):
            await cut_off(settle_together(infra, payments), after)
        paid = [await status_of(infra, order.id) for order in orders].count(OrderStatus.PAID)
        seen.add(paid)
        await asyncio.gather(*(deliver(infra, told(payment)) for payment in payments))
        assert {await status_of(infra, order.id) for order in orders} == {OrderStatus.PAID}
    assert seen == {0, 3}
    assert (await book(infra))["orders", "EUR"] == -1990 * 18
    assert (await outbox_types(infra)).count(OrderPaid.type) == 18
    await assert_books_of_stock(infra)


async def test_statements_do_not_grow_with_the_group(infra: Infra) -> None:
    _, orders = await orders_of_one_sale(infra)
    payments = await asyncio.gather(*(begin(infra, order) for order in orders))
    counts = []
    for group in (payments[:1], payments[1:]):
        with statements(infra) as seen:
            await settle_together(infra, group)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 22, seen


async def test_what_is_begun_together_is_answered_apart(infra: Infra) -> None:
    """Of one key and of several, refused and not, of an order's customer and of a stranger."""
    order, other, paid = await an_order(infra), await an_order(infra), await an_order(infra)
    await deliver(infra, told(await begin(infra, paid)))

    def opening(one: OrderView, key: str, provider: str = "sandbox", owner: UUID | None = None) -> Opening:
        request = Request.of(one.customer_id, "createPayment", key, one.id.hex, provider)
        return Opening(request, one.id, owner or one.customer_id, choose_provider(infra, provider), BASE)

    group = [
        opening(order, "k"), opening(order, "k"), opening(order, "k", "manual"), opening(order, "j"),
        opening(other, "k"), opening(paid, "k"), opening(order, "l", owner=new_id()),
        opening(order, "m", "manual"),
    ]  # fmt: skip
    found = await asyncio.gather(*(open_payment(infra, one) for one in group), return_exceptions=True)
    ids = [answer.id if isinstance(answer, Payment) else type(answer) for answer in found]
    first, others, manual = ids[0], ids[4], ids[7]
    assert ids == [first, first, IdempotencyConflict, first, others, InvalidTransition, NotFound, manual]
    assert [(row.id, row.live_order_id) for row in await payments_in(infra, order.id)] == [
        (first, None), (manual, order.id)
    ]  # fmt: skip
    assert [payment.id for payment in await payments_in(infra, other.id)] == [others]
    assert (await open_payment(infra, group[0])).id == first
    assert (await outbox_types(infra, PAYMENTS)).count(PaymentCreated.type) == 4
