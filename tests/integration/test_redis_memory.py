"""Redis loses its memory in the middle of a sale: it is rebuilt from the database and the unread log."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus
from services.flash_sale import load_item as loading
from services.flash_sale import next_orders, parts
from services.flash_sale.load_item import load_item
from services.flash_sale.warm_flash_sales import needs_warming, warm_flash_sales
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import place_flash_order
from services.reservation.await_drained import await_drained
from services.reservation.keys import ItemKeys
from services.shared.errors import PurchaseLimitReached, TryAgain
from services.shared.events import ORDERS
from tasks.order_consumer import OrderConsumer
from tasks.worker import run_worker
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import order_wish, running_sale
from tests.waiting import until
from tests.workers import persist_all, working

pytestmark = pytest.mark.usefixtures("settles_soon")


async def test_a_flush_in_the_middle_of_a_sale_loses_nothing(infra: Infra) -> None:
    item = await running_sale(infra, quantity=10, limit=2)
    wishes = {name: order_wish(item, quantity=2) for name in ("stored", "cancelled", "unread")}
    placed = {name: await place_flash_order(infra, wishes[name]) for name in ("stored", "cancelled")}
    await persist_all(infra)
    gone = placed["cancelled"]
    await cancel_order(infra, Cancellation(wishes["cancelled"].customer_id, gone.id, None, "cancel"))
    if infra.settings.embedded:
        wishes.pop("unread")  # the embedded log is in the memory that is lost
    else:
        placed["unread"] = await place_flash_order(infra, wishes["unread"])
    await infra.redis.client.flushall()
    with pytest.raises(TryAgain):
        await place_flash_order(infra, wishes["stored"])

    async with working(infra):
        await until(lambda: counters(infra, item), lambda live: live.remaining is not None)
        for name, wish in wishes.items():
            assert (await place_flash_order(infra, wish)).id == placed[name].id
        with pytest.raises(PurchaseLimitReached):
            await place_flash_order(infra, order_wish(item, customer=wishes["stored"].customer_id))
        again = await place_flash_order(infra, order_wish(item, customer=wishes["cancelled"].customer_id))
        await until(lambda: orders_in(infra), lambda found: again.id in found)
    left = 7 if infra.settings.embedded else 5
    await until(lambda: counters(infra, item), lambda live: not live.pending)
    await assert_adds_up(infra, item, remaining=left)
    statuses = await orders_in(infra)
    assert statuses.pop(gone.id) == OrderStatus.CANCELLED
    assert statuses == {
        order.id: OrderStatus.AWAITING_PAYMENT for order in [*placed.values(), again] if order.id != gone.id
    }


async def test_of_two_loaders_at_once_one_wins(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    await infra.redis.client.flushall()
    done = await asyncio.gather(*(load_item(infra, item.sku, item.id, settle=0.0) for _ in range(8)))
    assert sum(done) == 1
    await assert_adds_up(infra, item, remaining=4)
    assert not await load_item(infra, item.sku, item.id, settle=0.0)


async def test_a_loader_that_was_overtaken_puts_nothing_in_place(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await running_sale(infra, quantity=5)
    await infra.redis.client.flushall()
    read, go = _held_before_put_in_place(monkeypatch)
    slow = asyncio.create_task(load_item(infra, item.sku, item.id, settle=0.0))
    await read.wait()
    monkeypatch.undo()
    assert await load_item(infra, item.sku, item.id, settle=0.0)
    await place_flash_order(infra, order_wish(item, quantity=2))
    go.set()
    assert not await slow
    assert (await counters(infra, item)).remaining == 3
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=3)
    assert not [key async for key in infra.redis.client.scan_iter("*:load:*")]


async def test_a_loader_of_before_a_second_loss_drops_no_order(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fence went with Redis's memory, and counters were put in place and sold from since it read the log."""
    item = await running_sale(infra, quantity=5)
    drained, go = asyncio.Event(), asyncio.Event()

    async def held(_: Infra) -> None:
        drained.set()
        await go.wait()

    monkeypatch.setattr(loading, "await_drained", held)
    slow: list[asyncio.Task[bool]] = []
    await infra.redis.client.flushall()
    for _ in range(2):  # the second one's epoch is higher than what comes after the next loss
        drained.clear()
        slow.append(asyncio.create_task(load_item(infra, item.sku, item.id, settle=0.0)))
        await drained.wait()
    monkeypatch.undo()
    await infra.redis.client.flushall()
    assert await load_item(infra, item.sku, item.id, settle=0.0)
    order = await place_flash_order(infra, order_wish(item))
    go.set()
    assert await asyncio.gather(*slow) == [False, False]
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


async def test_what_is_given_back_while_counters_are_loaded_is_counted(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled after the loader read the database and before the counters are there: nobody tells Redis again."""
    item = await running_sale(infra, quantity=5)
    wish, kept = order_wish(item, quantity=2), order_wish(item)
    order, _ = await place_flash_order(infra, wish), await place_flash_order(infra, kept)
    await persist_all(infra)
    await infra.redis.client.flushall()
    read, go = _held_before_put_in_place(monkeypatch)
    slow = asyncio.create_task(load_item(infra, item.sku, item.id, settle=0.0))
    await read.wait()
    await cancel_order(infra, Cancellation(wish.customer_id, order.id, None, "cancel"))
    await persist_all(infra)
    go.set()
    assert await slow
    await assert_adds_up(infra, item, remaining=4)


async def test_an_answer_that_a_reload_overtook_is_not_accepted(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reserved on the counters of before, published after the new ones were made: it takes nothing."""
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    reserved, go = asyncio.Event(), asyncio.Event()
    publish = infra.events.publish_many

    async def late(topic: str, *args: Any, **kwargs: Any) -> list[Exception | None]:
        if topic == ORDERS:
            reserved.set()
            await go.wait()
        return await publish(topic, *args, **kwargs)

    monkeypatch.setattr(infra.events, "publish_many", late)
    placing = asyncio.create_task(place_flash_order(infra, wish))
    await reserved.wait()
    await infra.redis.client.flushall()
    assert await load_item(infra, item.sku, item.id, settle=0.0)
    go.set()
    with pytest.raises(TryAgain):
        await placing
    monkeypatch.undo()
    await persist_all(infra)
    assert await orders_in(infra) == {}
    again = await place_flash_order(infra, wish)
    await persist_all(infra)
    assert await orders_in(infra) == {again.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


async def test_a_flush_while_sales_are_warmed_is_noticed(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [await running_sale(infra, quantity=5) for _ in range(3)]
    await infra.redis.client.flushall()
    read, go = _held_before_put_in_place(monkeypatch)
    warming = asyncio.create_task(warm_flash_sales(infra))
    await read.wait()
    await infra.redis.client.flushall()
    go.set()
    await warming
    monkeypatch.undo()
    assert await needs_warming(infra)
    await warm_flash_sales(infra)
    assert not await needs_warming(infra)
    assert [(await counters(infra, item)).remaining for item in items] == [5, 5, 5]


async def test_a_key_that_another_item_used_before_the_loss_is_rejected_not_forgotten(infra: Infra) -> None:
    """The keys of an item that is not loaded again are forgotten: its reuse is seen only by the database."""
    item, other = await running_sale(infra, quantity=5), await running_sale(infra, quantity=5)
    wish = order_wish(item)
    first = await place_flash_order(infra, wish)
    await persist_all(infra)
    await infra.redis.client.flushall()
    assert await load_item(infra, other.sku, other.id, settle=0.0)
    reuse = order_wish(other, like=wish)
    second = await place_flash_order(infra, reuse)
    await persist_all(infra)
    assert await orders_in(infra) == {first.id: OrderStatus.AWAITING_PAYMENT, second.id: OrderStatus.REJECTED}
    again = await place_flash_order(infra, reuse)
    assert (again.id, again.status) == (second.id, OrderStatus.REJECTED)
    await assert_adds_up(infra, other, remaining=5)


async def test_a_worker_told_to_stop_does_not_wait_for_the_log(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was loading counters, and its own consumer has stopped already."""
    item = await running_sale(infra, quantity=5)
    await place_flash_order(infra, order_wish(item))
    await infra.redis.client.delete(*ItemKeys.of(item.sku, item.id).all())
    waiting, stop = asyncio.Event(), asyncio.Event()

    async def seen(infra: Infra) -> None:
        waiting.set()
        await await_drained(infra)

    monkeypatch.setattr(loading, "await_drained", seen)
    monkeypatch.setattr(OrderConsumer, "run", lambda _: stop.wait())
    worker = asyncio.create_task(run_worker(infra, stop))
    await waiting.wait()
    stop.set()
    async with asyncio.timeout(5):
        await worker
    assert (await counters(infra, item)).remaining is None


async def test_units_of_many_orders_are_loaded_in_chunks(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_CHUNK", 1)
    monkeypatch.setattr(next_orders, "PAGE", 3)
    item = await running_sale(infra, quantity=20)
    customers: list[UUID] = [new_id() for _ in range(8)]
    for customer in customers:
        await place_flash_order(infra, order_wish(item, customer=customer, quantity=2))
    await persist_all(infra)
    await infra.redis.client.flushall()
    assert await load_item(infra, item.sku, item.id, settle=0.0)
    await assert_adds_up(infra, item, remaining=4)


def _held_before_put_in_place(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Stop loaders between the database and Redis: (one is there, go on)."""
    read, go = asyncio.Event(), asyncio.Event()
    put_in_place = loading._put_in_place

    async def held(*args: Any) -> bool:
        read.set()
        await go.wait()
        return await put_in_place(*args)

    monkeypatch.setattr(loading, "_put_in_place", held)
    return read, go
