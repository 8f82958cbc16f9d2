"""What is unsold returns once, when the sale has ended."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.crc import key_slot
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import Barrier
from models.order_document import OrderView
from services.flash_sale import settle_sales as settling
from services.flash_sale.remaining import remaining
from services.flash_sale.settle_sales import settle_sales
from services.flash_sale.states import SaleAction
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.order.place_flash_order import place_flash_order
from services.reservation.keys import ItemKeys
from services.shared.errors import PurchaseLimitReached
from services.shared.events import SALES, SaleSettled
from tests.books import causes, counters, outbox_types
from tests.factories import order_wish, running_sale, sale_of, stock_of, variant_in_stock
from tests.integration.settlement.ending import adds_up, end, level, returned
from tests.workers import persist_all


async def cancel(infra: Infra, order: OrderView) -> OrderView:
    return await cancel_order(infra, Cancellation(order.customer_id, order.id, None, f"cancel {order.id}"))


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
    assert await outbox_types(infra, SALES) == [SaleSettled.type]
    assert await remaining(infra, [item]) == {item.id: 0}
    await adds_up(infra)
    # What comes back later belongs to no sale.
    await cancel(infra, stored)
    later = unread.placed_at + timedelta(seconds=infra.settings.orders.payment_timeout + 1)
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

    async def dies(*args: object) -> None:
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
