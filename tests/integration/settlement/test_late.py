"""What comes after the end, or lives on from before it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from infra.runtime import Infra
from models import FlashSale, FlashSaleItem, OrderStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot, OrderView
from services.flash_sale.close_due_sales import close_due_sales
from services.flash_sale.load_item import load_item
from services.flash_sale.settle_sales import settle_sales
from services.flash_sale.warm_flash_sales import forget_ended, warm_flash_sales
from services.order.place_flash_order import place_flash_order
from services.reservation.keys import LOADED_ITEMS, ItemKeys
from services.reservation.release import park
from services.reservation.reserve_order import reserve_order
from services.shared.errors import FlashSaleNotRunning, TryAgain
from services.shared.event import encode
from services.shared.events import ORDERS, SALES, OrderPlaced, SaleEnded, SaleScheduled, SaleSettled
from tests.books import orders_in
from tests.factories import bare_order, order_wish, running_sale, sale_of, stock_of, variant_in_stock
from tests.integration.settlement.ending import adds_up, end, level, returned
from tests.waiting import patience, pause, until
from tests.workers import persist_all, working


async def settled_at(infra: Infra, item: FlashItemDoc) -> object:
    async with infra.database.read() as session:
        return await session.scalar(select(FlashSale.settled_at).where(FlashSale.id == item.sale_id))


async def test_a_message_that_comes_after_the_settlement_takes_nothing(infra: Infra) -> None:
    """Of a request that nobody answered: it is undone at the end, and its message is too late."""
    item = await running_sale(infra, quantity=5)
    snapshot = bare_order(infra, item, order_wish(item))
    made = (await reserve_order(infra, snapshot)).snapshot
    assert made is not None
    lost = bare_order(infra, item, order_wish(item)).placed(infra.now(), made.lines[0].epoch)
    await end(infra, item)
    assert await settle_sales(infra) == 1
    for order in (made, lost):  # and one that not even Redis remembered
        await publish(infra, order)
    await persist_all(infra)
    assert await orders_in(infra) == {}
    assert await stock_of(infra, item.sku) == level(available=10)
    assert not await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    await adds_up(infra)


async def publish(infra: Infra, order: OrderSnapshot) -> None:
    await infra.events.publish(ORDERS, order.id.hex, encode(OrderPlaced(order), infra.now()))


async def test_an_order_in_the_dead_letters_keeps_its_units(infra: Infra) -> None:
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    item = await sale_of(infra, sku, quantity=5)
    wish = order_wish(item, quantity=2)
    snapshot = bare_order(infra, item, wish)
    made = (await reserve_order(infra, snapshot)).snapshot
    assert made is not None
    await park(infra, made)
    await end(infra, item)
    assert await settle_sales(infra) == 0
    assert await stock_of(infra, sku) == level(available=5, set_aside=5)
    await publish(infra, made)  # replayed
    await persist_all(infra)
    assert await settle_sales(infra) == 1
    assert await returned(infra, sku) == [(3, -3)]
    assert await orders_in(infra) == {made.id: OrderStatus.AWAITING_PAYMENT}
    assert (await place_flash_order(infra, wish)).id == made.id
    await adds_up(infra)


async def test_a_worker_whose_clock_is_fast_ends_no_sale_early(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    fast = replace(infra, now=lambda: item.ends_at + timedelta(hours=1))
    assert await close_due_sales(fast) == 0
    assert await settle_sales(fast) == 0
    await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    assert await stock_of(infra, item.sku) == level(available=5, set_aside=4, held=1)


async def test_a_sale_lives_from_its_first_moment_to_its_last_by_itself(infra: Infra) -> None:
    """Buyers who try all the time; nobody does anything for the sale but the workers."""
    sku = (await variant_in_stock(infra, on_hand=5000)).sku
    orders: list[OrderView] = []
    refusals: list[FlashSaleNotRunning] = []
    async with working(infra):
        item = await sale_of(infra, sku, quantity=4000, starts_in=patience(1.2), lasts=1.0 + pause())

        async def buy() -> None:
            while True:
                try:
                    orders.append(await place_flash_order(infra, order_wish(item)))
                except FlashSaleNotRunning as refused:
                    refusals.append(refused)
                    if infra.now() >= item.ends_at:
                        return
                except TryAgain:
                    pass  # a busy machine has not loaded the counters yet
                await asyncio.sleep(0.03)

        await asyncio.gather(*(buy() for _ in range(4)))
        await until(lambda: settled_at(infra, item), lambda moment: moment is not None)
    placed = sorted(order.placed_at for order in orders)
    starts, ends = item.starts_at, item.ends_at
    assert starts <= placed[0] < starts + timedelta(seconds=0.5 + pause())
    assert placed[-1] < ends
    assert {(refused.starts_at, refused.ends_at) for refused in refusals} == {(starts, ends)}
    assert await stock_of(infra, sku) == level(on_hand=5000, available=5000 - len(orders), held=len(orders))
    await adds_up(infra)
    types = [SaleScheduled.type, SaleEnded.type, SaleSettled.type]
    await persist_all(infra)
    told = [message.value for message in await infra.events.read_all(SALES, 10)]
    assert [kind for value in told for kind in types if kind.encode() in value] == types


async def test_counters_are_forgotten_two_days_after_the_settlement(infra: Infra) -> None:
    item, running = await running_sale(infra, quantity=5), await running_sale(infra, quantity=5)
    await end(infra, item)
    much_later = replace(infra, now=lambda: item.ends_at + timedelta(days=3))
    assert await forget_ended(much_later) == 0
    assert await settle_sales(infra) == 1
    assert await forget_ended(infra) == 0
    assert await forget_ended(much_later) == 1
    left = {key.decode() async for key in infra.redis.client.scan_iter("flash:{*")}
    assert left == {name for name in ItemKeys.of(running.sku, running.id).all() if name in left}
    assert await infra.redis.client.scard(LOADED_ITEMS) == 1
    assert await warm_flash_sales(infra) == 0
    async with infra.database.read() as session:
        unsold = await session.scalar(select(func.sum(FlashSaleItem.remaining)))
    assert unsold == 10
