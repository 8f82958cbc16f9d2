"""Orders that nobody pays: closed in time, by the delayed task or by the sweep, their units back once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models import Order, OrderStatus
from models.flash_sale_document import FlashItemDoc
from services.order.expire_due_orders import _expire_batch, expire_due_orders
from services.order.find_orders import find_accepted
from services.order.persist_orders import persist_orders
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.release import confirm
from services.shared.events import ALL_TOPICS
from settings import Settings
from tasks.worker import run_worker
from tests.books import assert_adds_up, causes, counters, orders_in
from tests.factories import make_due, order_wish, running_sale
from tests.integration.catalog.products import statements
from tests.waiting import until
from tests.workers import persist_all, working


@asynccontextmanager
async def opened(settings: Settings, **changes: float) -> AsyncIterator[Infra]:
    async with open_infra(settings.model_copy(update=changes)) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        yield infra


async def closed(infra: Infra) -> int:
    async with infra.database.read() as session:
        count = await session.scalar(select(func.count()).where(Order.status == OrderStatus.EXPIRED))
    return int(count or 0)


def reached(count: int) -> Callable[[int], bool]:
    return lambda seen: seen == count


async def seconds_late(infra: Infra) -> list[float]:
    """Of each order: from its due time to its closing."""
    async with infra.database.read() as session:
        rows = await session.execute(select(Order.placed_at, Order.updated_at))
        due = timedelta(seconds=infra.settings.orders.payment_timeout)
        return [(row[1] - row[0] - due).total_seconds() for row in rows]


async def test_the_delayed_task_is_prompt(settings: Settings) -> None:
    """The sweep would take an hour: it is the task that does it."""
    async with opened(settings, payment_timeout=1.5, sweep_interval=3600.0) as infra:
        item = await running_sale(infra, quantity=4)
        async with working(infra):
            order = await place_flash_order(infra, order_wish(item, quantity=2))
            await until(lambda: closed(infra), reached(1))
            await until(lambda: counters(infra, item), lambda live: live.remaining == 4)
        [late] = await seconds_late(infra)
        assert late >= 0
        assert await orders_in(infra) == {order.id: OrderStatus.EXPIRED}
        await assert_adds_up(infra, item, remaining=4)


async def test_two_schedulers_and_two_workers_close_each_order_once(settings: Settings) -> None:
    async with opened(settings, payment_timeout=1.5, sweep_interval=3600.0) as infra:
        item = await running_sale(infra, quantity=10)
        async with working(infra), working(infra):
            for _ in range(10):
                await place_flash_order(infra, order_wish(item))
            await until(lambda: closed(infra), reached(10))
            await until(lambda: counters(infra, item), lambda live: live.remaining == 10)
        assert (await causes(infra, item.sku))["RELEASED"] == 10
        await assert_adds_up(infra, item, remaining=10)


@pytest.mark.usefixtures("settles_soon")
async def test_the_sweep_needs_no_scheduler(settings: Settings) -> None:
    """And no memory of Redis: what was scheduled is lost."""
    async with opened(settings, payment_timeout=1.0, sweep_interval=0.2) as infra:
        item = await running_sale(infra, quantity=4)
        stop = asyncio.Event()
        worker = asyncio.create_task(run_worker(infra, stop))
        order = await place_flash_order(infra, order_wish(item, quantity=2))
        await until(lambda: orders_in(infra), lambda found: order.id in found)
        await infra.redis.client.flushall()
        await until(lambda: closed(infra), reached(1))
        [late] = await seconds_late(infra)
        assert late >= 0
        await until(lambda: counters(infra, item), lambda live: live.remaining == 4)
        stop.set()
        await worker
        await assert_adds_up(infra, item, remaining=4)
        assert (await causes(infra, item.sku))["RELEASED"] == 1


async def test_an_order_is_not_closed_before_its_time(infra: Infra) -> None:
    item = await running_sale(infra, quantity=4)
    order = await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    assert await expire_due_orders(infra) == 0
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    assert (await counters(infra, item)).remaining == 3


async def test_two_workers_close_each_order_once(settings: Settings, infra: Infra) -> None:
    item = await running_sale(infra, quantity=40)
    for _ in range(30):
        await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    await make_due(infra)
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(opened(settings, store_timeout=10.0)) for _ in range(2)]
        counts = await asyncio.gather(*(expire_due_orders(each) for each in both * 2))
    assert sum(counts) == 30
    await persist_all(infra)
    assert (await causes(infra, item.sku))["RELEASED"] == 30
    await assert_adds_up(infra, item, remaining=40)


async def test_a_thousand_due_orders_are_closed_by_few_statements(settings: Settings) -> None:
    async with opened(settings, store_timeout=20.0) as infra:
        item = await running_sale(infra, quantity=1100)
        await _thousand_orders(infra, item)
        await make_due(infra)
        with statements(infra) as seen:
            assert await expire_due_orders(infra) == 1000
        assert len(seen) < 100
        assert Counter((await orders_in(infra)).values()) == {OrderStatus.EXPIRED: 1000}
        assert (await causes(infra, item.sku))["RELEASED"] == 1000
        await assert_adds_up(infra, item, remaining=1100)
        assert await expire_due_orders(infra) == 0


async def _thousand_orders(infra: Infra, item: FlashItemDoc) -> None:
    customers = [new_id() for _ in range(10)]
    wishes = [FlashOrder(customer, item.id, 1, f"k{n}") for customer in customers for n in range(100)]
    await asyncio.gather(*(place_flash_order(infra, wish) for wish in wishes))
    orders = [order for customer in customers for order in await find_accepted(infra, customer)]
    done = await persist_orders(infra, orders)
    await confirm(infra, done.stored)
    assert len(done.stored) == 1000


@pytest.mark.parametrize("lost", [False, True])
async def test_what_redis_missed_is_released_by_the_event(infra: Infra, lost: bool) -> None:
    """The process that closed the order died before it told Redis; ``lost``: Redis has forgotten it all."""
    item = await running_sale(infra, quantity=4)
    await place_flash_order(infra, order_wish(item, quantity=2))
    await persist_all(infra)
    await make_due(infra)
    await infra.database.transact(lambda session: _expire_batch(session, infra))
    assert (await counters(infra, item)).remaining == 2
    if lost:
        await infra.redis.client.flushall()
    await persist_all(infra)
    if not lost:
        await assert_adds_up(infra, item, remaining=4)
    assert (await causes(infra, item.sku))["RELEASED"] == 1
