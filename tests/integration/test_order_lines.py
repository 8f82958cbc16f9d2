"""Cancelled and refunded by line: units, money, the counters of a sale, and what is told."""

import asyncio
from dataclasses import replace

import pytest

from infra.runtime import Infra
from models import MailKind, OrderStatus
from models.order_document import OrderView
from services.flash_sale.load_item import load_item
from services.order.cancel_order import cancel_order
from services.order.cancel_order_lines import cancel_order_lines
from services.order.create_shipment import create_shipment
from services.order.place_flash_order import place_flash_order
from services.payment.find_payments import require_payment
from services.payment.refund_order_lines import refund_order_lines
from services.reservation.keys import ItemKeys
from services.reservation.shrink import shrink
from services.shared.errors import IdempotencyConflict, InvalidInput, InvalidTransition, NotFound, ServiceError
from services.shared.events import OrderCancelled, OrderLinesCancelled, OrderLinesRefunded
from tests.books import assert_database_adds_up, counters, outbox_types
from tests.factories import order_wish, running_sale, stock_of
from tests.integration.catalog.products import statements
from tests.integration.mail.test_order_mails import the_mail
from tests.integration.money import add_customer, asked, refund_all_due
from tests.integration.test_checkout import configured
from tests.integration.test_parcels_and_refunds import units_of
from tests.integration.test_shipped_in_part import (
    assert_clean,
    basket,
    cancellation,
    flash_order,
    parcel,
    pay,
)
from tests.workers import persist_all

__all__ = ["configured"]


async def test_units_of_a_sale_go_back_to_it_and_the_rest_later(infra: Infra) -> None:
    item = await running_sale(infra, quantity=10)
    wish = order_wish(item, quantity=4)
    await add_customer(infra, wish.customer_id)
    order = await place_flash_order(infra, wish)
    await persist_all(infra)
    payment = await pay(infra, order)
    with statements(infra) as seen:
        cancelled = await cancel_order_lines(infra, units_of(order, 1, 0, "one"))
    assert len(seen) <= 25
    assert await cancel_order_lines(infra, units_of(order, 1, 0, "one")) == cancelled
    [line] = cancelled.lines
    assert (cancelled.status, cancelled.total, line.quantity, line.cancelled) == ("PAID", 4 * 1990, 4, 1)
    assert cancelled.history[-1].note == f"Cancelled: 1 × {line.title}"
    live = await counters(infra, item)
    assert (live.remaining, live.buyers) == (7, {wish.customer_id.hex: 3})
    assert (await outbox_types(infra))[-1] == OrderLinesCancelled.type
    mail = await the_mail(infra, MailKind.LINES_CANCELLED)
    assert mail.data["lines"] == f"1 × {line.title}"
    await refund_all_due(infra)
    assert (await require_payment(infra, payment)).refunded == 1990
    await assert_clean(infra)
    assert (await cancel_order(infra, cancellation(order))).status == OrderStatus.CANCELLED
    await refund_all_due(infra)
    await assert_clean(infra)
    assert (await require_payment(infra, payment)).refunded == 4 * 1990
    await assert_database_adds_up(infra, item, remaining=10)
    assert (await counters(infra, item)).remaining == 10


async def test_nothing_left_is_as_the_order_cancelled(infra: Infra) -> None:
    order, payment = await flash_order(infra, 2)
    await cancel_order_lines(infra, units_of(order, 1, 0, "one"))
    assert (await cancel_order_lines(infra, units_of(order, 1, 0, "two"))).status == OrderStatus.CANCELLED
    assert (await outbox_types(infra))[-2:] == [OrderLinesCancelled.type, OrderCancelled.type]
    await refund_all_due(infra)
    assert (await require_payment(infra, payment)).refunded == order.total
    await assert_clean(infra)
    assert (await stock_of(infra, order.lines[0].sku))["set_aside"] == 10


async def test_counters_that_are_being_loaded_hear_of_it(infra: Infra) -> None:
    """Told of while they are not there, and read by a loader who had looked before."""
    item = await running_sale(infra, quantity=10)
    wish = order_wish(item, quantity=4)
    order = await place_flash_order(infra, wish)
    await persist_all(infra)
    names = ItemKeys.of(item.sku, item.id)
    await infra.redis.execute(("HSET", names.item, "run", ""))
    for kept in (3, 2, 3):
        await shrink(infra, {(item.sku, item.id): {order.id: kept}})
    assert await load_item(infra, item.sku, item.id, settle=0)
    live = await counters(infra, item)
    assert (live.remaining, live.buyers, live.holds) == (8, {wish.customer_id.hex: 2}, {order.id.hex})
    hold, late = await infra.redis.execute(("HGET", names.holds, order.id.hex), ("EXISTS", names.late))
    assert (hold, late) == (f"2|{wish.customer_id.hex}".encode(), 0)


async def test_each_unit_once_and_what_was_sent_is_refunded(configured: Infra) -> None:
    infra = configured
    order, payment = await basket(infra)
    await create_shipment(infra, parcel(order, 2), asked())
    for wish, name in (
        (units_of(order, 2, 0, "a"), "quantity"),
        (replace(units_of(order, 1, 0, "a"), lines=((order.id, 1),)), "lineId"),
        (units_of(order, 0, 0, "a"), "quantity"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await cancel_order_lines(infra, wish)
        assert [problem.path for problem in refused.value.problems] == [("input", "lines", "0", name)]
    with pytest.raises(InvalidInput):
        await refund_order_lines(infra, units_of(order, 3, 0, "r"))
    with pytest.raises(NotFound):
        await cancel_order_lines(infra, replace(units_of(order, 1, 0, "a"), owner=order.id))
    await refund_order_lines(infra, units_of(order, 1, 0, "r"))
    with pytest.raises(IdempotencyConflict):
        await refund_order_lines(infra, units_of(order, 2, 0, "r"))
    first = (await require_payment(infra, payment)).refunded
    assert first == 1995  # a third of what the line cost with its discount, tax and shipping
    await cancel_order_lines(infra, units_of(order, 1, 1, "b"))
    await cancel_order_lines(infra, units_of(order, 1, 0, "c"))
    view = await refund_order_lines(infra, units_of(order, 1, 0, "s"))
    assert [(line.shipped, line.cancelled, line.returned) for line in view.lines] == [(2, 1, 2), (0, 1, 0)]
    await refund_all_due(infra)
    assert (await require_payment(infra, payment)).refunded < order.total
    # The last unit: nothing is left, and of all that was paid not a cent.
    await cancel_order_lines(infra, units_of(order, 1, 1, "d"))
    await refund_all_due(infra)
    assert (await require_payment(infra, payment)).refunded == order.total
    assert OrderLinesRefunded.type in await outbox_types(infra)
    await assert_clean(infra)
    with pytest.raises(InvalidTransition):
        await refund_order_lines(infra, units_of(order, 1, 0, "t"))


async def test_the_last_unit_is_sent_or_cancelled(infra: Infra) -> None:
    order, payment = await flash_order(infra, 2)
    both = await asyncio.gather(
        create_shipment(infra, parcel(order, 2), asked()),
        cancel_order_lines(infra, units_of(order, 1, 0, "c")),
        return_exceptions=True,
    )
    [refused] = [one for one in both if isinstance(one, ServiceError)]
    assert isinstance(refused, InvalidInput | InvalidTransition)
    await refund_all_due(infra)
    taken = 0 if isinstance(both[0], OrderView) else 1
    assert (await require_payment(infra, payment)).refunded == taken * 1990
    await assert_clean(infra)
