"""An unpaid order is changed by staff: units, money, time, the counters of a sale, and what is told."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import MailKind, OrderStatus, Payment
from models.charges_document import RateTax
from models.order_document import OrderView
from services.address.rules import AddressDraft
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.order.cancel_order import cancel_order
from services.order.change_order import ChangedOrder, change_order
from services.order.place_flash_order import place_flash_order
from services.order.work_out_change import OrderChange
from services.payment.check_payments import check_payments
from services.payment.find_payments import require_payment
from services.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    OutOfStock,
    StaleVersion,
)
from services.shared.events import OrderChanged, OrderPaid
from tests.books import counters, outbox_types
from tests.factories import make_due, order_wish, running_sale, stock_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.mail.test_order_mails import the_mail
from tests.integration.money import add_customer, approve, asked, begin, deliver, payments_in, refund_all_due, told
from tests.integration.test_checkout import configured, put
from tests.integration.test_discounts import new_code
from tests.integration.test_shipped_in_part import assert_clean, cancellation
from tests.workers import persist_all

__all__ = ["configured"]


async def unpaid(infra: Infra, code: str | None = None) -> OrderView:
    """3 units at 19.99, and 2 at 0.07."""
    await add_customer(infra, customer := new_id())
    for price, units in ((1999, 3), (7, 2)):
        await put(infra, customer, await variant_in_stock(infra, price=price), units)
    return await checkout(infra, Checkout(customer, new_id().hex, Terms(discount_code=code)))


async def changed(infra: Infra, order: OrderView, **wish: object) -> ChangedOrder:
    return await change_order(infra, OrderChange(order.id, order.version, **wish), asked())  # type: ignore[arg-type]


async def test_lines_are_changed_and_the_payment_of_the_old_sum_is_void(configured: Infra) -> None:
    infra = configured
    await new_code(infra, percent=Decimal(12))
    order = await unpaid(infra, "spring")
    old, extra = await begin(infra, order), await variant_in_stock(infra, price=500, on_hand=4)
    wish = OrderChange(
        order.id, 1, ((order.lines[0].id, 1), (order.lines[1].id, 0)), ((extra.id, 4),), reason="As said."
    )
    with statements(infra) as seen:
        after = await change_order(infra, wish, asked("key"))
    assert len(seen) <= 50
    # 39.99 less 12 %, 2.50 for shipping, and the tax on both.
    charges = after.order.charges
    assert charges is not None
    assert (charges.subtotal, charges.discount, charges.discount_code) == (3999, 480, "SPRING")
    assert charges.taxes == (RateTax(88_750, 3999 - 480 + 250, charges.tax),)
    assert (after.total_before, after.total_after, after.order.total) == (
        order.total,
        charges.total,
        charges.total,
    )
    assert [(line.sku, line.quantity) for line in after.order.lines] == [(order.lines[0].sku, 1), (extra.sku, 4)]
    assert (after.order.version, after.order.status) == (2, OrderStatus.AWAITING_PAYMENT)
    assert await change_order(infra, wish, asked("key")) == after
    event = after.order.history[-1]
    assert (event.note, event.total_before, event.total_after) == ("As said.", order.total, charges.total)
    held = [(await stock_of(infra, sku))["held"] for sku in (order.lines[0].sku, order.lines[1].sku, extra.sku)]
    assert held == [1, 0, 4]
    mail = await the_mail(infra, MailKind.ORDER_CHANGED)
    assert f"4 × {after.order.lines[1].title}: 20.00 EUR" in mail.data["lines"]
    assert OrderChanged.type in await outbox_types(infra)
    new = await begin(infra, after.order)
    assert (new.id != old.id, new.amount) == (True, charges.total)
    await check_payments(infra)
    assert (await require_payment(infra, old.id)).status == "CANCELLED"
    await approve(infra, new)
    await deliver(infra, told(new))
    assert (await changed_status(infra, order.id)) == OrderStatus.PAID
    with pytest.raises(InvalidTransition):
        await changed(infra, after.order, shipping_method="letter")
    await cancel_order(infra, cancellation(order))
    await refund_all_due(infra)
    await assert_clean(infra)


async def changed_status(infra: Infra, order_id: UUID) -> str:
    [paying] = [one for one in await payments_in(infra, order_id) if one.pays_order]
    return OrderStatus.PAID if paying.captured == paying.amount else OrderStatus.AWAITING_PAYMENT


async def test_money_of_the_old_sum_is_held_for_staff(configured: Infra) -> None:
    """Taken by the provider before it heard that it was given up."""
    infra = configured
    order = await unpaid(infra)
    old = await begin(infra, order)
    await approve(infra, old)
    after = await changed(infra, order, units=((order.lines[1].id, 1),))
    await deliver(infra, told(old))
    late = await require_payment(infra, old.id)
    assert (late.problem, late.pays_order, after.order.status) == ("WRONG_AMOUNT", False, "AWAITING_PAYMENT")
    await assert_clean(infra)


async def test_units_of_a_sale_go_back_and_others_come_beside_them(infra: Infra) -> None:
    item, extra = await running_sale(infra, quantity=10), await variant_in_stock(infra, price=100, on_hand=3)
    wish = order_wish(item, quantity=4)
    await add_customer(infra, wish.customer_id)
    order = await place_flash_order(infra, wish)
    await persist_all(infra)
    line = order.lines[0].id
    for units in (0, 5):
        with pytest.raises(InvalidInput) as refused:
            await changed(infra, order, units=((line, units),))
        assert refused.value.problems[0].path == ("input", "lines", "0", "quantity")
    after = await changed(infra, order, units=((line, 2),), added=((extra.id, 3),))
    assert (after.total_before, after.total_after) == (4 * 1990, 2 * 1990 + 300)
    live = await counters(infra, item)
    assert (live.remaining, live.buyers) == (8, {wish.customer_id.hex: 2})
    assert after.order.expires_at is not None
    assert order.expires_at is not None
    assert after.order.expires_at >= order.expires_at
    await assert_clean(infra)
    payment = await begin(infra, after.order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    await assert_clean(infra)
    assert (await stock_of(infra, extra.sku))["committed"] == 3
    assert (await cancel_order(infra, cancellation(order))).status == OrderStatus.CANCELLED
    await refund_all_due(infra)
    assert (await counters(infra, item)).remaining == 10
    assert (await stock_of(infra, extra.sku))["available"] == 3
    await assert_clean(infra)


async def test_of_two_who_change_it_one_wins(configured: Infra) -> None:
    infra = configured
    order = await unpaid(infra)
    both = await asyncio.gather(
        *(changed(infra, order, units=((order.lines[0].id, units),)) for units in (1, 2)), return_exceptions=True
    )
    [stale] = [one for one in both if isinstance(one, StaleVersion)]
    [won] = [one for one in both if isinstance(one, ChangedOrder)]
    assert (stale.version, won.order.version) == (2, 2)
    await make_due(infra, order.id)
    ended = await asyncio.gather(
        changed(infra, won.order, units=((order.lines[0].id, 3),)),
        cancel_order(infra, cancellation(order)),
        return_exceptions=True,
    )
    assert isinstance(ended[1], OrderView)
    assert isinstance(ended[0], ChangedOrder | InvalidTransition)
    await assert_clean(infra)
    assert [(await stock_of(infra, line.sku))["held"] for line in order.lines] == [0, 0]


async def test_what_cannot_be_is_named_and_changes_nothing(configured: Infra) -> None:
    infra = configured
    order, rare = await unpaid(infra), await variant_in_stock(infra, price=5, on_hand=1)
    nowhere = AddressDraft("Ann", "+49 30 1234567", "Street 1", "Berlin", "XX")
    for wish, path in (
        ({}, ("lines",)),
        ({"units": ((order.id, 1),)}, ("lines", "0", "lineId")),
        ({"units": ((order.lines[0].id, -1),)}, ("lines", "0", "quantity")),
        ({"units": tuple((line.id, 0) for line in order.lines)}, ("lines",)),
        ({"added": ((new_id(), 1),)}, ("add", "0", "variantId")),
        ({"added": ((order.lines[0].variant_id, 1),)}, ("add", "0", "variantId")),
        ({"shipping_method": "pigeon"}, ("shippingMethod",)),
        ({"address": nowhere}, ("address", "countryCode")),
        ({"shipping_method": "letter", "reason": "x" * 501}, ("reason",)),
    ):
        with pytest.raises(InvalidInput) as refused:
            await changed(infra, order, **wish)
        assert refused.value.problems[0].path == ("input", *path)
    with pytest.raises(OutOfStock):
        await changed(infra, order, added=((rare.id, 2),), units=((order.lines[0].id, 1),))
    with pytest.raises(NotFound):
        await change_order(infra, OrderChange(new_id(), 1, shipping_method="letter"), asked())
    with pytest.raises(StaleVersion):
        await change_order(infra, OrderChange(order.id, 7, shipping_method="letter"), asked())
    await changed(infra, order, units=((order.lines[0].id, 2),))
    async with infra.database.read() as session:
        assert (await session.scalars(select(Payment))).all() == []
    with pytest.raises(StaleVersion):
        await changed(infra, order, units=((order.lines[0].id, 1),))
    again, other = (OrderChange(order.id, 2, ((order.lines[0].id, units),)) for units in (1, 3))
    await change_order(infra, again, asked("same"))
    with pytest.raises(IdempotencyConflict):
        await change_order(infra, other, asked("same"))
    await assert_clean(infra)


async def test_of_nothing_it_is_paid(infra: Infra) -> None:
    free, dear = await variant_in_stock(infra, price=0), await variant_in_stock(infra, price=100)
    await add_customer(infra, customer := new_id())
    for variant in (free, dear):
        await put(infra, customer, variant, 1)
    order = await checkout(infra, Checkout(customer, new_id().hex))
    [line] = [line for line in order.lines if line.sku == dear.sku]
    after = await changed(infra, order, units=((line.id, 0),))
    assert (after.total_after, after.order.status) == (0, OrderStatus.PAID)
    assert (await outbox_types(infra))[-2:] == [OrderChanged.type, OrderPaid.type]
    await assert_clean(infra)


async def test_another_address_and_the_time_begins_again(configured: Infra) -> None:
    infra = configured
    order = await unpaid(infra)
    home = AddressDraft("Ann", "+49 30 1234567", "Street 1", "Berlin", "DE", postal_code="10115")
    after = await changed(infra, order, address=home)
    assert after.order.shipping_address is not None
    assert (after.order.shipping_address.city, after.order.shipping_address.country_code) == ("Berlin", "DE")
    assert after.order.charges is not None
    assert after.order.charges.shipping_method is not None
    timeout = timedelta(seconds=infra.settings.orders.payment_timeout)
    assert after.order.expires_at is not None
    assert infra.now() < after.order.expires_at <= infra.now() + timeout
