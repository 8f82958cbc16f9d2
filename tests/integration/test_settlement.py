"""The end of a sale: what is unsold returns to ordinary stock, once, when each accepted order has its units."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.crc import key_slot
from sqlalchemy import func, select

from infra.ids import new_id
from infra.runtime import Infra
from infra.settings import Settings
from models import Barrier, FlashSale, FlashSaleItem, OrderStatus, StockEntry
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot, OrderView
from services.errors import FlashSaleNotRunning, PurchaseLimitReached
from services.events import ORDER_PLACED, ORDERS, SALE_ENDED, SALE_SCHEDULED, SALE_SETTLED, SALES, Event, encode
from services.flash_sale import settle_sale as settling
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.close_due import close_due_sales
from services.flash_sale.load_item import load_item
from services.flash_sale.remaining import remaining
from services.flash_sale.settle_sale import settle_sales
from services.flash_sale.states import SaleAction
from services.flash_sale.warm import forget_ended, warm_flash_sales
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_orders import expire_due_orders
from services.order.place_flash_order import _snapshot, place_flash_order
from services.reservation.keys import LOADED_ITEMS, ItemKeys
from services.reservation.release import park
from services.reservation.reserve import reserve
from services.stock.reconcile import reconcile
from tests.books import causes, counters, orders_in, outbox_types
from tests.factories import order_wish, running_sale, sale_of, stock_of, variant_in_stock
from tests.waiting import PAUSE, until
from tests.workers import persist_all, working


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """Patient: nothing here is about the time that a store takes, and the machine may be busy."""
    return settings.model_copy(update={"store_timeout": 3.0})


async def end(infra: Infra, item: FlashItemDoc, action: SaleAction = SaleAction.END) -> None:
    await change_state(infra, StateChange(item.sale_id, action))


async def settled_at(infra: Infra, item: FlashItemDoc) -> object:
    async with infra.database.read() as session:
        return await session.scalar(select(FlashSale.settled_at).where(FlashSale.id == item.sale_id))


async def cancel(infra: Infra, order: OrderView) -> OrderView:
    return await cancel_order(infra, Cancellation(order.customer_id, order.id, None, f"cancel {order.id}"))


async def returned(infra: Infra, sku: str) -> list[tuple[int, int]]:
    """What settlements moved: (to available, from set aside)."""
    rows = select(StockEntry.available, StockEntry.set_aside).where(
        StockEntry.sku == sku, StockEntry.cause == "SALE_ENDED"
    )
    async with infra.database.read() as session:
        return [(row[0], row[1]) for row in await session.execute(rows)]


def level(*, on_hand: int = 10, available: int = 0, set_aside: int = 0, held: int = 0) -> dict[str, int]:
    return {"on_hand": on_hand, "available": available, "set_aside": set_aside, "held": held, "committed": 0}


async def adds_up(infra: Infra) -> None:
    report = await reconcile(infra)
    assert (report.differences, report.on_their_way, report.parked) == ([], 0, 0)


async def test_orders_on_their_way_find_their_units_before_the_rest_returns(infra: Infra) -> None:
    """Of five: two in the database, one in the log that no worker has read, two unsold."""
    item = await running_sale(infra, quantity=5)
    stored = await place_flash_order(infra, order_wish(item, quantity=2))
    await persist_all(infra)
    unread = await place_flash_order(infra, order_wish(item))
    await end(infra, item)
    settle = asyncio.create_task(settle_sales(infra))
    await asyncio.sleep(0.1)
    assert not settle.done()
    assert await stock_of(infra, item.sku) == level(available=5, set_aside=3, held=2)
    await persist_all(infra)
    assert await settle == 1
    assert await stock_of(infra, item.sku) == level(available=7, held=3)
    assert await settle_sales(infra) == 0
    assert await returned(infra, item.sku) == [(2, -2)]
    assert await outbox_types(infra, SALES) == [SALE_SETTLED]
    assert await remaining(infra, [item]) == {item.id: 0}
    await adds_up(infra)
    # What comes back later belongs to no sale.
    await cancel(infra, stored)
    later = unread.placed_at + timedelta(seconds=infra.settings.payment_timeout + 1)
    assert await expire_due_orders(replace(infra, now=lambda: later)) == 1
    await persist_all(infra)
    assert await stock_of(infra, item.sku) == level(available=10)
    assert await causes(infra, item.sku) == {
        "RECEIVED": 1,
        "SET_ASIDE": 1,
        "HELD": 2,
        "SALE_ENDED": 1,
        "RELEASED": 2,
    }
    await adds_up(infra)


async def test_sold_out_there_is_nothing_to_return(infra: Infra) -> None:
    item = await running_sale(infra, quantity=2)
    await place_flash_order(infra, order_wish(item, quantity=2))
    await persist_all(infra)
    await end(infra, item)
    assert await settle_sales(infra) == 1
    assert await returned(infra, item.sku) == []
    assert await stock_of(infra, item.sku) == level(available=8, held=2)
    await adds_up(infra)


async def test_cancelled_before_it_began_all_of_it_returns(infra: Infra) -> None:
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    item = await sale_of(infra, sku, quantity=6, starts_in=3600)
    await end(infra, item, SaleAction.CANCEL)
    assert await settle_sales(infra) == 1
    assert await returned(infra, sku) == [(6, -6)]
    assert await stock_of(infra, sku) == level(available=10)
    await adds_up(infra)


async def test_of_many_workers_one_settles(infra: Infra) -> None:
    items = [await running_sale(infra, quantity=5) for _ in range(3)]
    for item in items:
        await end(infra, item)
    assert sum(await asyncio.gather(*(settle_sales(infra) for _ in range(4)))) == 3
    for item in items:
        assert await returned(infra, item.sku) == [(5, -5)]
        assert await stock_of(infra, item.sku) == level(available=10)
    async with infra.database.read() as session:
        rows = [(row.saga_id, row.branch, row.operation) for row in await session.scalars(select(Barrier))]
    assert sorted(rows) == sorted((item.sale_id, item.id.hex, "settle") for item in items)


async def test_killed_before_the_commit_it_is_done_again(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    item, other = await running_sale(infra, quantity=5), await running_sale(infra, quantity=3)
    for one in (item, other):
        await end(infra, one)

    def dies(*args: object) -> None:
        if args[2].id == item.sale_id:  # type: ignore[attr-defined]
            raise RuntimeError

    monkeypatch.setattr(settling, "announce", dies)
    assert await settle_sales(infra) == 1  # the other does not wait for it
    assert await stock_of(infra, item.sku) == level(available=5, set_aside=5)
    monkeypatch.undo()
    assert [await settle_sales(infra) for _ in range(2)] == [1, 0]
    assert await returned(infra, item.sku) == [(5, -5)]
    await adds_up(infra)


async def test_settling_and_late_cancellations_race(infra: Infra) -> None:
    item = await running_sale(infra, quantity=12, on_hand=12)
    orders = [await place_flash_order(infra, order_wish(item)) for _ in range(10)]
    await persist_all(infra)
    await end(infra, item)
    cancelling = [cancel(infra, order) for order in orders[:8]]
    *_, first, second = await asyncio.gather(*cancelling, settle_sales(infra), settle_sales(infra))
    assert (first, second) in ((0, 1), (1, 0))
    await persist_all(infra)
    assert await stock_of(infra, item.sku) == level(on_hand=12, available=10, held=2)
    [(moved, _)] = await returned(infra, item.sku)
    assert 2 <= moved <= 10
    assert (await causes(infra, item.sku))["RELEASED"] == 8
    await adds_up(infra)


async def test_a_message_that_comes_after_the_settlement_takes_nothing(infra: Infra) -> None:
    """Of a request that nobody answered: it is undone at the end, and its message is too late."""
    item = await running_sale(infra, quantity=5)
    snapshot = _snapshot(infra, item, order_wish(item))
    made = (await reserve(infra, snapshot, snapshot.fingerprint)).snapshot
    assert made is not None
    lost = _snapshot(infra, item, order_wish(item)).placed(infra.now(), made.lines[0].epoch)
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
    event = Event(ORDER_PLACED, str(order.id), order.to_json())
    await infra.events.publish(ORDERS, order.id.hex, encode(event, infra.now()))


async def test_an_order_in_the_dead_letters_keeps_its_units(infra: Infra) -> None:
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    item = await sale_of(infra, sku, quantity=5)
    wish = order_wish(item, quantity=2)
    snapshot = _snapshot(infra, item, wish)
    made = (await reserve(infra, snapshot, snapshot.fingerprint)).snapshot
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
        item = await sale_of(infra, sku, quantity=4000, starts_in=1.2, lasts=1.0 + PAUSE)

        async def buy() -> None:
            while infra.now() < item.ends_at + timedelta(seconds=0.1):
                try:
                    orders.append(await place_flash_order(infra, order_wish(item)))
                except FlashSaleNotRunning as refused:
                    refusals.append(refused)
                await asyncio.sleep(0.005)

        await asyncio.gather(*(buy() for _ in range(4)))
        await until(lambda: settled_at(infra, item), lambda moment: moment is not None)
    placed = sorted(order.placed_at for order in orders)
    starts, ends = item.starts_at, item.ends_at
    assert starts <= placed[0] < starts + timedelta(seconds=0.5 + PAUSE)
    assert placed[-1] < ends
    assert {(refused.starts_at, refused.ends_at) for refused in refusals} == {(starts, ends)}
    assert await stock_of(infra, sku) == level(on_hand=5000, available=5000 - len(orders), held=len(orders))
    await adds_up(infra)
    types = [SALE_SCHEDULED, SALE_ENDED, SALE_SETTLED]
    await persist_all(infra)
    told = [message.value for message in await infra.events.read_all(SALES, 10)]
    assert [kind for value in told for kind in types if kind.encode() in value] == types


async def test_sales_of_one_sku_at_once_are_counted_apart(infra: Infra) -> None:
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    first = await sale_of(infra, sku, quantity=3, limit=1, price="10.00")
    second = await sale_of(infra, sku, quantity=4, limit=2, price="9.00")
    keys = [ItemKeys.of(sku, item.id).all() for item in (first, second)]
    assert len({key_slot(key.encode()) for names in keys for key in names}) == 1
    assert not set(keys[0]) & set(keys[1])
    ada = new_id()
    orders = [
        await place_flash_order(infra, order_wish(item, customer=ada, quantity=units))
        for item, units in ((first, 1), (second, 2))
    ]
    for item in (first, second):
        with pytest.raises(PurchaseLimitReached):
            await place_flash_order(infra, order_wish(item, customer=ada))
    await persist_all(infra)
    assert [order.total for order in orders] == [1000, 1800]
    assert await remaining(infra, [first, second]) == {first.id: 2, second.id: 2}
    await adds_up(infra)

    await end(infra, first)
    assert await settle_sales(infra) == 1
    assert await stock_of(infra, sku) == level(available=5, set_aside=2, held=3)
    await place_flash_order(infra, order_wish(second))
    for order in orders:
        await cancel(infra, order)
    await persist_all(infra)
    # One unit came back to ordinary stock, two to the sale that runs on; and its customer may order again.
    assert await stock_of(infra, sku) == level(available=6, set_aside=3, held=1)
    await place_flash_order(infra, order_wish(second, customer=ada, quantity=2))
    await persist_all(infra)
    assert (await counters(infra, second)).remaining == 1
    await adds_up(infra)


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
