"""What orders change of the stock is told, of a SKU once a second at most, and its last value always."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, OutboxMessage, StockLevel
from services.order.place_flash_order import place_flash_order
from services.shared.asked import Asked
from services.shared.events import STOCK
from services.stock.order_steps import commit_stock
from services.stock.receive_stock import Receipt, receive_stock
from services.stock.tell_stock import tell_stock
from tests.factories import new_warehouse, order_wish, running_sale, variant_in_stock
from tests.order_steps import hold, release, ship
from tests.workers import persist_all


async def told(infra: Infra) -> list[dict[str, object]]:
    waiting = select(OutboxMessage.envelope).where(OutboxMessage.topic == STOCK).order_by(OutboxMessage.id)
    async with infra.database.read() as session:
        return [envelope["data"] for envelope in await session.scalars(waiting)]  # type: ignore[misc]


async def a_second_later(infra: Infra) -> None:
    earlier = infra.now() - timedelta(seconds=1)
    async with infra.database.write() as session:
        await session.execute(update(StockLevel).values(told_at=earlier))


@pytest.fixture
async def sku(infra: Infra) -> str:
    """Ten units, of which nothing is to be told any more."""
    found = (await variant_in_stock(infra)).sku
    assert await tell_stock(infra) == 0
    return found


async def test_orders_are_told_of_once_a_second_with_the_last_value(infra: Infra, sku: str) -> None:
    orders = [new_id() for _ in range(3)]
    for order in orders[:2]:
        await hold(infra, order, {sku: 2}, "checkout")
    # Two workers look at the same time.
    assert sorted(await asyncio.gather(tell_stock(infra), tell_stock(infra))) == [0, 1]
    await release(infra, orders[0], "sweep")
    await hold(infra, orders[2], {sku: 1}, "checkout")
    assert await tell_stock(infra) == 0  # it was told a moment ago
    assert [(one["cause"], one["held"], one["available"]) for one in await told(infra)] == [("HELD", 4, 6)]
    await a_second_later(infra)
    assert (await tell_stock(infra), await tell_stock(infra)) == (1, 0)
    assert (await told(infra))[1:] == [
        {
            "sku": sku,
            "warehouseId": DEFAULT_WAREHOUSE.hex,
            "cause": "HELD",
            "units": 0,
            "onHand": 10,
            "available": 7,
            "setAside": 0,
            "held": 3,
            "committed": 0,
            "reference": None,
        }
    ]


async def test_units_add_up_and_what_staff_do_is_told_at_once_and_not_again(infra: Infra, sku: str) -> None:
    far = await new_warehouse(infra, "FAR", priority=9)
    await receive_stock(infra, Receipt(sku, 5, far), Asked(new_id(), "a", "test"))
    assert await tell_stock(infra) == 0
    await hold(infra, order := new_id(), {sku: 12}, "checkout")
    await infra.database.transact(lambda session: commit_stock(session, [order], "checkout", infra.now()))
    await ship(infra, order, {sku: 12})
    # One of the two warehouses now, the other a second later.
    assert (await tell_stock(infra), await tell_stock(infra)) == (1, 0)
    await a_second_later(infra)
    assert (await tell_stock(infra), await tell_stock(infra)) == (1, 0)
    found = await told(infra)
    assert [one["cause"] for one in found] == ["RECEIVED", "SHIPPED", "SHIPPED"]
    assert sum(int(str(one["units"])) for one in found) == 5 - 12
    assert {one["warehouseId"] for one in found[1:]} == {far.hex, DEFAULT_WAREHOUSE.hex}


async def test_a_flash_order_is_told_of(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    assert await tell_stock(infra) == 1
    await place_flash_order(infra, order_wish(item, quantity=2))
    await persist_all(infra)
    await a_second_later(infra)
    assert await tell_stock(infra) == 1
    buckets = [(one["cause"], one["available"], one["setAside"], one["held"]) for one in await told(infra)]
    assert buckets[-1:] == [("HELD", 5, 3, 2)]  # the relay has taken what was told before
