"""Shipped in part, then refunded or cancelled: no unit is committed for ever, and nothing refunded is shipped."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import update

from infra.ids import new_id
from infra.runtime import Infra
from models import MailKind, OrderStatus, Refund
from models.order_document import OrderView
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.order.cancel_order import Cancellation, cancel_order
from services.order.complete_order import complete_order
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.order.find_orders import find_order
from services.order.place_flash_order import place_flash_order
from services.payment.find_payments import require_payment
from services.payment.provider import Standing, Unreachable
from services.payment.refund_payment import RefundWish, refund_payment
from services.payment.sandbox.provider import Sandbox
from services.reconcile.reconcile import reconcile
from services.shared.errors import InvalidTransition, ServiceError
from services.shared.events import OrderPartlyShipped, OrderRefunded, OrderRestCancelled
from tests.books import counters, outbox_types
from tests.factories import order_wish, running_sale, stock_of, variant_in_stock
from tests.integration.mail.test_order_mails import the_mail
from tests.integration.money import (
    add_customer,
    approve,
    asked,
    begin,
    deliver,
    refund_all_due,
    told,
)
from tests.integration.test_checkout import configured, put
from tests.integration.test_discounts import new_code
from tests.workers import persist_all

__all__ = ["configured"]


async def pay(infra: Infra, order: OrderView) -> UUID:
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    return payment.id


async def flash_order(infra: Infra, units: int) -> tuple[OrderView, UUID]:
    """Paid; units at 19.90, of ten."""
    item = await running_sale(infra, quantity=10)
    await add_customer(infra, customer := new_id())
    order = await place_flash_order(infra, order_wish(item, customer=customer, quantity=units))
    await persist_all(infra)
    return order, await pay(infra, order)


async def basket(infra: Infra) -> tuple[OrderView, UUID]:
    """Paid; 3 units at 19.99 and 2 at 0.07, with a discount, shipping and tax."""
    await add_customer(infra, customer := new_id())
    with suppress(ServiceError):
        await new_code(infra, percent=Decimal("12.5"))
    for price, units in ((1999, 3), (7, 2)):
        await put(infra, customer, await variant_in_stock(infra, price=price), units)
    order = await checkout(infra, Checkout(customer, new_id().hex, Terms(discount_code="spring")))
    return order, await pay(infra, order)


def parcel(order: OrderView, units: int, line: int = 0) -> ShipmentDraft:
    return ShipmentDraft(order.id, "Post", None, ((order.lines[line].id, units),))


def cancellation(order: OrderView, key: str = "c") -> Cancellation:
    return Cancellation(order.customer_id, order.id, None, key)


async def assert_clean(infra: Infra) -> None:
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []


async def test_the_rest_is_cancelled_and_its_money_goes_back(infra: Infra) -> None:
    order, payment = await flash_order(infra, 10)
    await create_shipment(infra, parcel(order, 9), asked())
    for key in ("c", "c", "other"):
        cancelled = await cancel_order(infra, cancellation(order, key))
        assert (cancelled.status, cancelled.lines[0].shipped) == (OrderStatus.SHIPPED, 9)
    assert cancelled.history[-1].note == "The rest was cancelled."
    await refund_all_due(infra)
    assert (await require_payment(infra, payment)).refunded == 1990
    stock = await stock_of(infra, order.lines[0].sku)
    assert stock == {"on_hand": 1, "available": 1, "set_aside": 0, "held": 0, "committed": 0}
    types = await outbox_types(infra)
    assert types[-2:] == [OrderPartlyShipped.type, OrderRestCancelled.type]
    mail = await the_mail(infra, MailKind.REST_CANCELLED)
    assert mail.data["lines"] == f"1 × {order.lines[0].title}"
    assert mail.data["back"] == "我们将退还 19.90 EUR，即您为上述商品实付（扣除折扣后）且尚未退还的金额。"
    with pytest.raises(InvalidTransition):
        await create_shipment(infra, parcel(order, 1), asked())
    await assert_clean(infra)
    assert (await complete_order(infra, order.id, asked())).status == OrderStatus.COMPLETED
    assert (await cancel_order(infra, cancellation(order, "late"))).status == OrderStatus.COMPLETED
    await assert_clean(infra)


async def test_the_hold_in_redis_goes_also_when_only_the_worker_is_left(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await place_flash_order(infra, order_wish(item, quantity=3))
    await persist_all(infra)
    payment = await pay(infra, order)
    await create_shipment(infra, parcel(order, 1), asked())
    await refund_payment(infra, RefundWish(payment, None, None), asked())
    assert (await counters(infra, item)).holds == {order.id.hex}  # the verb of money knows no Redis
    await persist_all(infra)
    live = await counters(infra, item)
    assert (live.holds, live.remaining) == (set(), 2)
    assert (await reconcile(infra)).differences == []


async def test_what_was_given_back_before_counts(infra: Infra) -> None:
    """The tenth was refunded by hand: cancelled, its unit comes back, and the money is not sent twice."""
    order, payment = await flash_order(infra, 10)
    await create_shipment(infra, parcel(order, 9), asked())
    await refund_payment(infra, RefundWish(payment, Decimal("19.90"), None), asked())
    assert (await cancel_order(infra, cancellation(order))).status == OrderStatus.SHIPPED
    await refund_all_due(infra)
    assert (await require_payment(infra, payment)).refunded == 1990
    assert (await stock_of(infra, order.lines[0].sku))["committed"] == 0
    await assert_clean(infra)


async def test_all_money_back_ends_an_order_that_is_shipped_in_part(infra: Infra) -> None:
    order, payment = await flash_order(infra, 3)
    await create_shipment(infra, parcel(order, 1), asked())
    await refund_payment(infra, RefundWish(payment, None, None), asked())
    after = await find_order(infra, order.id, None)
    assert after is not None
    assert after.status == OrderStatus.REFUNDED
    for draft in (parcel(order, 1), ShipmentDraft(order.id, "Post", None)):
        with pytest.raises(InvalidTransition):
            await create_shipment(infra, draft, asked())
    assert (await outbox_types(infra))[-2:] == [OrderRestCancelled.type, OrderRefunded.type]
    stock = await stock_of(infra, order.lines[0].sku)
    assert (stock["on_hand"], stock["committed"], stock["available"]) == (9, 0, 2)
    await assert_clean(infra)


@pytest.mark.parametrize("sent", [0, 1])
async def test_what_is_being_refunded_whole_is_shipped_no_more(
    infra: Infra, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider has not answered yet: the order is PAID still."""
    order, payment = await flash_order(infra, 3)
    if sent:
        await create_shipment(infra, parcel(order, sent), asked())

    async def unreachable(*_: object) -> Standing:
        raise Unreachable("away")

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "refund", unreachable)
        await refund_payment(infra, RefundWish(payment, None, None), asked())
    with pytest.raises(InvalidTransition) as refused:
        await create_shipment(infra, parcel(order, 1), asked())
    assert refused.value.target == OrderStatus.SHIPPED
    # Cancelled meanwhile, no more money is asked for than there is.
    await cancel_order(infra, cancellation(order))
    await make_refunds_due(infra)
    await refund_all_due(infra)
    assert (await require_payment(infra, payment)).refunded == 3 * 1990
    await assert_clean(infra)


async def test_a_basket_in_proportion_and_the_rest_later(configured: Infra) -> None:
    infra = configured
    order, payment = await basket(infra)
    assert order.total == 5260 + 250 + 489
    await create_shipment(infra, parcel(order, 2), asked())
    await cancel_order(infra, cancellation(order))
    await refund_all_due(infra)
    # One of 3 units at 19.99, and both at 0.07: each with its part of discount, shipping and tax.
    assert (await require_payment(infra, payment)).refunded == 2009
    await refund_payment(infra, RefundWish(payment, None, None), asked())
    assert (await require_payment(infra, payment)).refunded == order.total
    after = await find_order(infra, order.id, None)
    assert after is not None
    assert after.status == OrderStatus.REFUNDED
    await assert_clean(infra)


async def test_cancelling_and_shipping_the_rest_race_and_one_wins(infra: Infra) -> None:
    order, payment = await flash_order(infra, 4)
    await create_shipment(infra, parcel(order, 1), asked())
    results = await asyncio.gather(
        create_shipment(infra, parcel(order, 3), asked()),
        cancel_order(infra, cancellation(order)),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(InvalidTransition) == 1
    await refund_all_due(infra)
    shipped = 4 if isinstance(results[0], OrderView) else 1
    assert (await require_payment(infra, payment)).refunded == (4 - shipped) * 1990
    assert (await stock_of(infra, order.lines[0].sku))["on_hand"] == 10 - shipped
    await assert_clean(infra)


async def make_refunds_due(infra: Infra) -> None:
    async with infra.database.write() as session:
        await session.execute(update(Refund).values(due_at=infra.now() - timedelta(seconds=1)))
