"""After the payment: shipped in parts, completed, cancelled; of those who race one wins; each is told once."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.order.add_note import Note, add_note
from services.order.cancel_order import Cancellation, cancel_order
from services.order.complete_order import complete_order
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.order.expire_due_orders import expire_due_orders
from services.order.find_orders import find_order
from services.order.mark_paid import mark_paid
from services.order.place_flash_order import place_flash_order
from services.reconcile.reconcile import reconcile
from services.shared.asked import Asked
from services.shared.errors import IdempotencyConflict, InvalidInput, InvalidTransition, NotFound
from services.shared.events import (
    OrderCancelled,
    OrderCompleted,
    OrderExpired,
    OrderNoted,
    OrderPaid,
    OrderPartlyShipped,
    OrderShipped,
)
from settings import Settings
from tests.books import causes, counters, orders_in, outbox_types
from tests.factories import order_wish, running_sale, stock_of
from tests.workers import persist_all

STAFF = new_id()


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """Patient: nothing here is about the time that a store takes, and the machine may be busy."""
    return settings.model_copy(update={"store_timeout": 10.0})


def asked(key: str = "key") -> Asked:
    return Asked(STAFF, key, f"user:{STAFF.hex}")


def draft(order: OrderView, units: int | None = None) -> ShipmentDraft:
    lines = None if units is None else ((order.lines[0].id, units),)
    return ShipmentDraft(order.id, "Post", "RR1", lines)


def cancellation(order: OrderView) -> Cancellation:
    return Cancellation(STAFF, order.id, None, order.id.hex, any_owner=True)


async def pay(infra: Infra, order_id: UUID) -> bool:
    """Returns whether it is this that made it PAID."""
    ids = [order_id]
    return bool(await infra.database.transact(lambda session: mark_paid(session, ids, "payments", infra.now())))


async def paid_order(infra: Infra, item: FlashItemDoc, quantity: int) -> OrderView:
    order = await place_flash_order(infra, order_wish(item, quantity=quantity))
    await persist_all(infra)
    assert await pay(infra, order.id)
    return order


def level(**counts: int) -> dict[str, int]:
    return dict.fromkeys(("on_hand", "available", "set_aside", "held", "committed"), 0) | counts


async def assert_clean(infra: Infra) -> None:
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []


def statuses(results: list[Any]) -> Counter[type]:
    return Counter(type(result) for result in results)


async def test_paid_shipped_in_parts_and_completed(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await paid_order(infra, item, 3)
    assert not await pay(infra, order.id)
    assert await stock_of(infra, item.sku) == level(on_hand=10, available=5, set_aside=2, committed=3)

    part = await create_shipment(infra, draft(order, 2), asked())
    assert (part.status, part.lines[0].shipped) == (OrderStatus.PAID, 2)
    assert await create_shipment(infra, draft(order, 2), asked()) == part
    assert await stock_of(infra, item.sku) == level(on_hand=8, available=5, set_aside=2, committed=1)
    await assert_clean(infra)
    with pytest.raises(IdempotencyConflict):
        await create_shipment(infra, draft(order, 1), asked())
    with pytest.raises(InvalidInput) as refused:
        await create_shipment(infra, draft(order, 2), asked("more"))
    assert refused.value.problems[0].path == ("input", "lines", "0", "quantity")
    with pytest.raises(InvalidTransition):
        await complete_order(infra, order.id, asked())

    whole = await create_shipment(infra, draft(order), asked("rest"))
    assert (whole.status, whole.lines[0].shipped) == (OrderStatus.SHIPPED, 3)
    assert await stock_of(infra, item.sku) == level(on_hand=7, available=5, set_aside=2)
    assert (await counters(infra, item)).holds == set()
    with pytest.raises(InvalidTransition):
        await create_shipment(infra, draft(order), asked("again"))
    for key in ("done", "done", "once more"):
        assert (await complete_order(infra, order.id, asked(key))).status == OrderStatus.COMPLETED
    assert (await causes(infra, item.sku))["SHIPPED"] == 2
    history = [event.status for event in (await find_order(infra, order.id, None) or order).history]
    assert history == ["ACCEPTED", "AWAITING_PAYMENT", "PAID", "SHIPPED", "COMPLETED"]
    # The first two were published by the look at the books.
    assert await outbox_types(infra) == [OrderShipped.type, OrderCompleted.type]
    await assert_clean(infra)


async def test_each_change_is_told_once(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await paid_order(infra, item, 3)
    for key in ("a", "a", "b"):
        await create_shipment(infra, draft(order, 1), asked(key))
    assert await outbox_types(infra) == [OrderPaid.type, OrderPartlyShipped.type, OrderPartlyShipped.type]


async def test_a_paid_order_is_cancelled_and_its_units_come_back(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await paid_order(infra, item, 3)
    assert (await counters(infra, item)).holds == {order.id.hex}
    assert (await cancel_order(infra, cancellation(order))).status == OrderStatus.CANCELLED
    assert await outbox_types(infra) == [OrderPaid.type, OrderCancelled.type]
    assert await stock_of(infra, item.sku) == level(on_hand=10, available=5, set_aside=5)
    live = await counters(infra, item)
    assert (live.remaining, live.buyers, live.holds) == (5, {}, set())
    assert not await pay(infra, order.id)
    await assert_clean(infra)


async def test_notes(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await paid_order(infra, item, 1)
    for wish, key in ((Note(order.id, "Fragile."), "a"), (Note(order.id, "On its way.", visible=True), "b")):
        noted = await add_note(infra, wish, asked(key))
        assert await add_note(infra, wish, asked(key)) == noted
    assert [(e.note, e.internal) for e in noted.history[-2:]] == [("Fragile.", True), ("On its way.", False)]
    assert {e.actor for e in noted.history[-2:]} == {f"user:{STAFF.hex}"}
    assert await outbox_types(infra) == [OrderPaid.type, OrderNoted.type, OrderNoted.type]
    with pytest.raises(NotFound):
        await add_note(infra, Note(new_id(), "x"), asked("c"))
    for text in ("", " ", "x" * 501, "\0"):
        with pytest.raises(InvalidInput):
            await add_note(infra, Note(order.id, text), asked("d"))


async def test_shipping_and_cancelling_race_and_one_wins(infra: Infra) -> None:
    item = await running_sale(infra, quantity=4)
    orders = [await paid_order(infra, item, 1) for _ in range(4)]
    shipping = [create_shipment(infra, draft(order), asked(order.id.hex)) for order in orders]
    cancelling = [cancel_order(infra, cancellation(order)) for order in orders]
    results = await asyncio.gather(*shipping, *cancelling, return_exceptions=True)
    assert statuses(results) == {OrderView: 4, InvalidTransition: 4}
    found = Counter((await orders_in(infra)).values())
    shipped, cancelled = found[OrderStatus.SHIPPED], found[OrderStatus.CANCELLED]
    assert shipped + cancelled == 4
    assert await stock_of(infra, item.sku) == level(on_hand=10 - shipped, available=6, set_aside=cancelled)
    told = Counter(await outbox_types(infra))
    assert (told[OrderShipped.type], told[OrderCancelled.type]) == (shipped, cancelled)
    await assert_clean(infra)


async def test_paying_and_expiring_race_and_one_wins(infra: Infra) -> None:
    item = await running_sale(infra, quantity=6)
    orders = [await place_flash_order(infra, order_wish(item)) for _ in range(6)]
    await persist_all(infra)
    async with infra.database.write() as session:
        await session.execute(update(Order).values(expires_at=infra.now() - timedelta(seconds=1)))
    paying = [pay(infra, order.id) for order in orders]
    *results, expired = await asyncio.gather(*paying, expire_due_orders(infra), return_exceptions=True)
    assert isinstance(expired, int)
    assert Counter(results) == +Counter({True: 6 - expired, False: expired})
    told = Counter(await outbox_types(infra))
    assert (told[OrderPaid.type], told[OrderExpired.type]) == (6 - expired, expired)
    assert await stock_of(infra, item.sku) == level(
        on_hand=10, available=4, set_aside=expired, committed=6 - expired
    )
    await assert_clean(infra)


async def test_two_shipments_of_the_last_unit(infra: Infra) -> None:
    item = await running_sale(infra, quantity=2)
    order = await paid_order(infra, item, 2)
    await create_shipment(infra, draft(order, 1), asked("first"))
    last = [create_shipment(infra, draft(order, 1), asked(key)) for key in "abcd"]
    results = await asyncio.gather(*last, return_exceptions=True)
    assert statuses(results) == {OrderView: 1, InvalidTransition: 3}
    assert await stock_of(infra, item.sku) == level(on_hand=8, available=8)
    assert Counter(await outbox_types(infra))[OrderShipped.type] == 1
    await assert_clean(infra)
