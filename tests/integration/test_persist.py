"""Persisting: each order once, whatever is delivered how often, and the database has the last word on stock."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from infra import cloudevents
from infra.eventlog import dead_letter_topic
from infra.ids import new_id
from infra.runtime import Infra
from models import Barrier, FlashSaleItem, OrderStatus, StockLevel
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot
from services.flash_sale.load_item import load_item
from services.flash_sale.warm_flash_sales import needs_warming, warm_flash_sales
from services.order.find_orders import find_accepted, find_order
from services.order.persist_orders import persist_orders
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.keys import ItemKeys
from services.shared.barrier import ABANDONED, PERSIST, barrier_row
from services.shared.errors import OutOfStock, TryAgain
from services.shared.event import encode
from services.shared.events import ORDER_WORKERS, ORDERS, OrderPlaced, OrderRejected
from tests.books import assert_adds_up, assert_database_adds_up, causes, counters, orders_in, outbox_types
from tests.factories import order_wish, running_sale
from tests.workers import persist_all


async def accepted(infra: Infra, *wishes: FlashOrder) -> list[OrderSnapshot]:
    """Place them; what the log carries of each."""
    found: list[OrderSnapshot] = []
    for wish in wishes:
        order = await place_flash_order(infra, wish)
        found += [one for one in await find_accepted(infra, wish.customer_id) if one.id == order.id]
    assert len(found) == len(wishes)
    return found


async def set_remaining(infra: Infra, item: FlashItemDoc, remaining: int) -> None:
    """The database has less than Redis thinks."""
    async with infra.database.write() as session:
        await session.execute(update(FlashSaleItem).where(FlashSaleItem.id == item.id).values(remaining=remaining))


async def barrier_reasons(infra: Infra, order_id: UUID) -> list[tuple[str, str]]:
    async with infra.database.read() as session:
        rows = await session.execute(
            select(Barrier.operation, Barrier.reason)
            .where(Barrier.saga_id == order_id)
            .order_by(Barrier.operation)
        )
        return [(row[0], row[1]) for row in rows]


async def test_a_message_delivered_again_and_again_persists_once(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    orders = await accepted(infra, order_wish(item, quantity=2), order_wish(item))
    for order in orders * 3:
        await infra.events.publish(ORDERS, order.id.hex, encode(OrderPlaced(order), infra.now()))
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT for order in orders}
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 2}
    assert await barrier_reasons(infra, orders[0].id) == [("persist", "persist")]
    await assert_adds_up(infra, item, remaining=2)


async def test_consumers_that_race_on_one_batch_persist_it_once(infra: Infra) -> None:
    item = await running_sale(infra, quantity=30)
    orders = await accepted(infra, *(order_wish(item) for _ in range(12)))
    batches = [orders, orders[::-1], orders[:6], orders[6:]]
    results = await asyncio.gather(*(persist_orders(infra, batch) for batch in batches))
    for batch, result in zip(batches, results, strict=True):
        assert {order.id for order in result.stored} == {order.id for order in batch}
        assert result.refused == []
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 12}
    await assert_database_adds_up(infra, item, remaining=18)


async def test_the_same_order_twice_in_a_batch_is_one_order(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    [order] = await accepted(infra, order_wish(item, quantity=2))
    result = await persist_orders(infra, [order, order, order])
    assert [one.id for one in result.stored] == [order.id]
    await assert_database_adds_up(infra, item, remaining=3)


async def test_less_stock_than_redis_thought_rejects_and_gives_nothing_back(infra: Infra) -> None:
    """First come, first served as the log has them; what does not fit is rejected, for its customer to see."""
    item = await running_sale(infra, quantity=5)
    first, second = order_wish(item, quantity=2), order_wish(item, quantity=2)
    kept, short = await accepted(infra, first, second)
    await set_remaining(infra, item, 3)
    result = await persist_orders(infra, [kept, short])
    assert ([o.id for o in result.stored], [o.id for o in result.short]) == ([kept.id], [short.id])
    assert await outbox_types(infra) == [OrderRejected.type]
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 1}
    await persist_all(infra)
    assert await outbox_types(infra) == []

    view = await find_order(infra, short.id, second.customer_id)
    assert view is not None
    assert (view.status, view.expires_at) == (OrderStatus.REJECTED, None)
    assert [step.status for step in view.history] == [OrderStatus.ACCEPTED, OrderStatus.REJECTED]
    assert await warm_flash_sales(infra) == 1
    assert (await place_flash_order(infra, second)).status == OrderStatus.REJECTED
    live = await counters(infra, item)
    assert (live.remaining, live.pending, live.holds) == (1, set(), {kept.id.hex})
    assert live.buyers == {first.customer_id.hex: 2}


async def test_as_many_are_rejected_as_units_were_too_many(infra: Infra) -> None:
    """Two units that nobody has, in the counters of an item that was sold out."""
    item = await running_sale(infra, quantity=2)
    await accepted(infra, order_wish(item, quantity=2))
    await persist_all(infra)
    await infra.redis.execute(("HINCRBY", ItemKeys.of(item.sku, item.id).item, "remaining", 2))
    late = await accepted(infra, order_wish(item), order_wish(item))
    await persist_all(infra)
    with pytest.raises(TryAgain):
        await place_flash_order(infra, order_wish(item))
    assert await needs_warming(infra)
    assert await warm_flash_sales(infra) == 1
    # Told again of what is known: the counters are right by now.
    for order in late:
        told = OrderRejected(order.id, order.customer_id, order.lines, was_short=True)
        await infra.events.publish(ORDERS, order.id.hex, encode(told, infra.now()))
    await persist_all(infra)
    for _ in range(3):
        with pytest.raises(OutOfStock):
            await place_flash_order(infra, order_wish(item))
    statuses = sorted((await orders_in(infra)).values())
    assert statuses == [OrderStatus.AWAITING_PAYMENT, OrderStatus.REJECTED, OrderStatus.REJECTED]
    await assert_adds_up(infra, item, remaining=0)


async def test_an_order_of_an_earlier_life_of_the_counters_takes_nothing(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    [late] = await accepted(infra, wish)
    assert await load_item(infra, item.sku, item.id, settle=0.0, drain=False, force=True)
    result = await persist_orders(infra, [late])
    assert (result.stored, [one.id for one in result.refused]) == ([], [late.id])
    assert await orders_in(infra) == {}
    assert await outbox_types(infra) == []
    assert await barrier_reasons(infra, late.id) == [("persist", "persist")]
    again = await place_flash_order(infra, wish)
    assert again.id != late.id
    await persist_all(infra)
    assert await orders_in(infra) == {again.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


async def test_a_null_compensation_stops_the_late_step(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    [late] = await accepted(infra, order_wish(item, quantity=2))
    async with infra.database.write() as session:
        await session.execute(insert(Barrier), [barrier_row(late.id, PERSIST, infra.now(), ABANDONED)])
    await persist_all(infra)
    assert await orders_in(infra) == {}
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1}
    await assert_adds_up(infra, item, remaining=5)


async def test_a_crash_between_the_commit_and_redis_is_made_good(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item, quantity=2)
    [order] = await accepted(infra, wish)
    await persist_orders(infra, [order])
    assert (await counters(infra, item)).pending == {order.id.hex}
    assert (await place_flash_order(infra, wish)).id == order.id
    await persist_all(infra)
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 1}
    await assert_adds_up(infra, item, remaining=3)


async def test_an_order_that_the_database_never_takes_is_a_dead_letter_and_stops_no_other(infra: Infra) -> None:
    """Its item says that there is stock, its level that there is none: a fault in the data, not an outage."""
    broken, sound = await running_sale(infra, quantity=5), await running_sale(infra, quantity=5)
    async with infra.database.write() as session:
        await session.execute(
            update(StockLevel).where(StockLevel.sku == broken.sku).values(set_aside=0, available=10)
        )
    [bad, good] = await accepted(infra, order_wish(broken), order_wish(sound))
    await persist_all(infra)
    assert await orders_in(infra) == {good.id: OrderStatus.AWAITING_PAYMENT}
    [letter] = await infra.events.read_all(dead_letter_topic(ORDERS), 10)
    assert letter.key == bad.id.hex
    assert "cannot be persisted" in letter.headers["reason"]
    live = await counters(infra, broken)
    assert (live.remaining, live.pending) == (4, {bad.id.hex})
    await assert_adds_up(infra, sound, remaining=4)


async def test_a_message_that_is_no_order_is_a_dead_letter(infra: Infra) -> None:
    item = await running_sale(infra, quantity=2)
    [order] = await accepted(infra, order_wish(item))
    wrong: list[dict[str, Any]] = [{"lines": []}, {"id": "no uuid"}, {"customerId": None}, {"placedAtMs": "soon"}]
    for change in wrong:
        event = cloudevents.CloudEvent(OrderPlaced.type, str(order.id), order.to_json() | change)
        await infra.events.publish(ORDERS, new_id().hex, cloudevents.encode(event, infra.now()))
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    letters = await infra.events.read_all(dead_letter_topic(ORDERS), 10)
    reasons = [letter.headers["reason"].split(":")[0] for letter in letters]
    assert reasons == [f"not {OrderPlaced.type}"] * len(wrong)
    assert await infra.events.lag(ORDERS, ORDER_WORKERS) == 0


async def test_a_message_too_big_for_a_dead_letter_is_cut_and_stops_nothing(infra: Infra) -> None:
    item = await running_sale(infra, quantity=2)
    await infra.events.publish(ORDERS, "k", b"x" * 999_900)
    [order] = await accepted(infra, order_wish(item))
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    [letter] = await infra.events.read_all(dead_letter_topic(ORDERS), 10)
    assert (letter.key, letter.value) == ("k", b"x" * 500_000)
    assert letter.headers["reason"].startswith("not JSON")


async def test_sold_out_stays_sold_out_after_persisting(infra: Infra) -> None:
    item = await running_sale(infra, quantity=2)
    await accepted(infra, order_wish(item, quantity=2))
    await persist_all(infra)
    with pytest.raises(OutOfStock):
        await place_flash_order(infra, order_wish(item))
    await assert_adds_up(infra, item, remaining=0)
