"""An order of 0 is paid at once: nobody is asked for money, and nothing waits for it."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import MoneyEntry, OrderStatus, OutboxMessage, Payment, PaymentStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.order.cancel_order import Cancellation, cancel_order
from services.order.complete_order import complete_order
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.order.expire_due_orders import expire_due_orders
from services.order.place_flash_order import place_flash_order
from services.payment.provider import Standing
from services.payment.settle import News, settle
from services.reconcile.reconcile import reconcile
from services.shared.errors import InvalidTransition
from services.shared.event import encode
from services.shared.events import ORDERS, OrderCancelled, OrderPaid, OrderPlaced
from tests.books import causes, counters, orders_in, outbox_types
from tests.factories import make_due, order_wish, running_sale, stock_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.mail.test_order_mails import mails
from tests.integration.money import add_customer, an_order, asked, begin, mails_in
from tests.integration.test_checkout import put
from tests.integration.test_discounts import new_code, states
from tests.integration.test_persist import accepted
from tests.workers import persist_all


async def place(infra: Infra, item: FlashItemDoc, count: int) -> list[OrderView]:
    return [await place_flash_order(infra, order_wish(item)) for _ in range(count)]


async def free_basket(infra: Infra, customer: UUID) -> str:
    """Of two units; returns their SKU."""
    variant = await variant_in_stock(infra, price=1999)
    await new_code(infra, percent=Decimal(100))
    await put(infra, customer, variant, 2)
    return variant.sku


async def no_money(infra: Infra) -> bool:
    async with infra.database.read() as session:
        return not [*await session.scalars(select(Payment)), *await session.scalars(select(MoneyEntry))]


async def test_flash_orders_of_0_are_paid_when_they_are_persisted(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5, price="0")
    orders = await accepted(infra, order_wish(item, quantity=2), order_wish(item))
    await add_customer(infra, orders[0].customer_id)
    for order in orders * 2:
        await infra.events.publish(ORDERS, order.id.hex, encode(OrderPlaced(order), infra.now()))
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.PAID for order in orders}
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 2, "COMMITTED": 2}
    assert await outbox_types(infra) == [OrderPaid.type] * 2
    assert (await counters(infra, item)).holds == {order.id.hex for order in orders}
    [mail] = await mails(infra)
    assert (mail.kind, mail.data["variant"], mail.data["total"]) == ("RECEIPT", "free", "0.00 EUR")
    await make_due(infra)
    assert await expire_due_orders(infra) == 0
    assert await no_money(infra)
    assert (await reconcile(infra)).differences == []


async def test_many_at_once_cost_no_more_statements_than_one(infra: Infra) -> None:
    item = await running_sale(infra, quantity=9, price="0")
    counts = []
    for batch in (1, 8):
        await place(infra, item, batch)
        with statements(infra) as seen:
            await persist_all(infra)
        counts.append(sum("barrier" in one or "order" in one or "stock" in one for one in seen))
    assert counts[0] == counts[1] > 0
    assert set((await orders_in(infra)).values()) == {OrderStatus.PAID}


async def test_a_payment_of_one_is_refused_by_name(infra: Infra) -> None:
    """Also when nobody has persisted it yet."""
    item = await running_sale(infra, quantity=5, price="0")
    [order] = await place(infra, item, 1)
    for _ in range(2):
        with pytest.raises(InvalidTransition) as refused:
            await begin(infra, order)
        assert (refused.value.source, refused.value.target) == ("PAID", "PAID")
    assert await no_money(infra)


async def test_one_that_is_cancelled_gives_units_back_and_no_money(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5, price="0")
    [order, *_] = await place(infra, item, 2)
    wish = Cancellation(order.customer_id, order.id, None, "c")
    views = await asyncio.gather(*(cancel_order(infra, wish) for _ in range(3)))
    assert {view.status for view in views} == {OrderStatus.CANCELLED}
    async with infra.database.read() as session:
        told = select(OutboxMessage.envelope).order_by(OutboxMessage.id)
        found: list[dict[str, Any]] = list(await session.scalars(told))
    assert [one["data"]["refundDue"] for one in found if one["type"] == OrderCancelled.type] == [False]
    await persist_all(infra)
    stock = await stock_of(infra, item.sku)
    assert (stock["set_aside"], stock["committed"]) == (4, 1)
    assert await no_money(infra)
    assert (await reconcile(infra)).differences == []


async def test_one_is_shipped_and_completed(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5, price="0")
    [order] = await place(infra, item, 1)
    await persist_all(infra)
    await create_shipment(infra, ShipmentDraft(order.id, "Post", None, None), asked())
    assert (await complete_order(infra, order.id, asked())).status == OrderStatus.COMPLETED
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []


async def test_a_checkout_of_0_is_paid_at_once(infra: Infra) -> None:
    customer = new_id()
    await add_customer(infra, customer)
    sku = await free_basket(infra, customer)
    wish = Checkout(customer, "key", Terms(discount_code="spring"))
    order = await checkout(infra, wish)
    assert (order.status, order.total, order.expires_at) == (OrderStatus.PAID, 0, None)
    assert [event.status for event in order.history] == ["ACCEPTED", "AWAITING_PAYMENT", "PAID"]
    assert await checkout(infra, wish) == order
    assert await states(infra) == ["COMMITTED"]
    stock = await stock_of(infra, sku)
    assert (stock["available"], stock["held"], stock["committed"]) == (8, 0, 2)
    assert await mails_in(infra) == ["RECEIPT"]
    assert await no_money(infra)
    cancelled = await cancel_order(infra, Cancellation(customer, order.id, None, "c"))
    assert cancelled.status == OrderStatus.CANCELLED
    assert (await stock_of(infra, sku))["available"] == 10
    assert await states(infra) == ["RELEASED"]
    assert (await reconcile(infra)).differences == []


async def test_a_provider_that_captured_nothing_has_said_nothing(infra: Infra) -> None:
    """As the sandbox said of orders of 0 when they waited for it."""
    order = await an_order(infra)
    payment = await begin(infra, order)
    news = Standing(payment.id.hex, str(payment.reference), PaymentStatus.CAPTURED, 0, "EUR", 0)
    told = [News(payment.id, news)]
    settled = (await infra.database.transact(lambda session: settle(session, infra, told)))[payment.id]
    assert (settled.status, settled.captured) == (PaymentStatus.PENDING, 0)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
