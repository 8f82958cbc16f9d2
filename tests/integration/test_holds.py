"""Ordinary stock that orders hold: from as few warehouses as cover a line, all or nothing, each step once."""

import asyncio
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, Order, OrderEvent, OrderLine, OrderStatus, OutboxMessage, StockThreshold
from services.order.close_orders import Closing, close_orders
from services.order.place_flash_order import place_flash_order
from services.reconcile.reconcile import reconcile
from services.shared.asked import Asked
from services.shared.errors import OutOfStock
from services.shared.events import STOCK, StockLow
from services.stock.order_steps import HoldReleased, commit_stock, ship_units
from services.stock.receive_stock import Receipt, receive_stock
from tests.books import causes, outbox_types
from tests.factories import new_warehouse, order_wish, running_sale, stock_of, variant_in_stock
from tests.order_steps import hold, release, ship
from tests.stock_books import assert_sku_adds_up
from tests.workers import persist_all

ACTOR = "checkout"


async def sku_of(infra: Infra, on_hand: int, elsewhere: int = 0, warehouse_id: UUID | None = None) -> str:
    """``on_hand`` in the default warehouse, ``elsewhere`` in another."""
    sku = (await variant_in_stock(infra, on_hand=on_hand)).sku
    if elsewhere and warehouse_id is not None:
        await receive_stock(infra, Receipt(sku, elsewhere, warehouse_id), Asked(new_id(), "key", "test"))
    return sku


async def commit(infra: Infra, order_id: UUID) -> None:
    await infra.database.transact(lambda session: commit_stock(session, [order_id], ACTOR, infra.now()))


async def assert_clean(infra: Infra) -> None:
    assert (await reconcile(infra)).differences == []


async def test_a_line_comes_from_the_first_warehouse_that_covers_it(infra: Infra) -> None:
    near = await new_warehouse(infra, "NEAR", priority=1)
    both, here = await sku_of(infra, 10, 3, near), await sku_of(infra, 4)
    assert await hold(infra, new_id(), {both: 2, here: 4}, ACTOR) == {
        (both, near): 2,
        (here, DEFAULT_WAREHOUSE): 4,
    }
    # One is left there: one parcel is better than two.
    assert await hold(infra, new_id(), {both: 2}, ACTOR) == {(both, DEFAULT_WAREHOUSE): 2}
    with pytest.raises(OutOfStock) as short:
        await hold(infra, new_id(), {both: 10}, ACTOR)
    assert (short.value.sku, short.value.available) == (both, 9)
    with pytest.raises(OutOfStock) as short:
        await hold(infra, order := new_id(), {both: 9, here: 1}, ACTOR)
    assert (short.value.sku, short.value.available) == (here, 0)
    assert await stock_of(infra, both) == level(13, available=9, held=4)
    # Nothing of the refused order is left, so it may be tried with less.
    assert await hold(infra, order, {both: 1}, ACTOR) == {(both, near): 1}
    with pytest.raises(OutOfStock):
        await hold(infra, new_id(), {"no-such-sku": 1}, ACTOR)
    await assert_clean(infra)


async def test_a_line_of_several_warehouses(infra: Infra) -> None:
    """Held, paid and shipped in parts from as few as have it; nothing is given back twice."""
    near, far = await new_warehouse(infra, "NEAR", priority=1), await new_warehouse(infra, "FAR", priority=200)
    sku, order, other = await sku_of(infra, 3, 3, near), new_id(), new_id()
    await receive_stock(infra, Receipt(sku, 1, far), Asked(new_id(), "key", "test"))
    split = {(sku, near): 3, (sku, DEFAULT_WAREHOUSE): 2}
    for _ in range(2):
        assert await hold(infra, order, {sku: 5}, ACTOR) == split
    assert await hold(infra, other, {sku: 2}, ACTOR) == {(sku, DEFAULT_WAREHOUSE): 1, (sku, far): 1}
    assert await release(infra, other)
    assert not await release(infra, other)
    await commit(infra, order)
    for shipped, expected in (
        (2, level(5, available=2, committed=3)),
        (4, level(3, available=2, committed=1)),
        (5, level(2, available=2)),
    ):
        await ship(infra, order, {sku: shipped})
        assert await stock_of(infra, sku) == expected
        await assert_clean(infra)
    with pytest.raises(LookupError, match="nothing is held"):
        await ship(infra, order, {sku: 6})
    assert {place: counts.on_hand for place, counts in (await assert_sku_adds_up(infra, sku)).items()} == {
        near: 0,
        DEFAULT_WAREHOUSE: 1,
        far: 1,
    }
    # From the first choice first.
    assert await causes(infra, sku) == {"RECEIVED": 3, "HELD": 4, "RELEASED": 2, "COMMITTED": 2, "SHIPPED": 4}


async def test_the_rest_of_several_warehouses_is_given_back(infra: Infra) -> None:
    """Of one warehouse all was shipped, of the other a part."""
    near = await new_warehouse(infra, "NEAR", priority=1)
    sku, order = await sku_of(infra, 3, 3, near), new_id()
    await hold(infra, order, {sku: 6})
    await commit(infra, order)
    await ship(infra, order, {sku: 4})
    assert [await release(infra, order) for _ in range(2)] == [True, False]
    left = await assert_sku_adds_up(infra, sku)
    assert {place: counts.available for place, counts in left.items()} == {near: 0, DEFAULT_WAREHOUSE: 2}
    assert await stock_of(infra, sku) == level(2, available=2)
    await assert_clean(infra)


async def test_the_last_units_of_several_warehouses_are_held_once(infra: Infra) -> None:
    """Orders that need both warehouses, or one, in whatever order they come: none waits for another for ever."""
    near = await new_warehouse(infra, "NEAR", priority=1)
    one, two = await sku_of(infra, 5, 5, near), await sku_of(infra, 5, 5, near)
    wishes = [{one: 4, two: 4}, {two: 2, one: 2}, {one: 3, two: 3}] * 4
    results = await asyncio.gather(
        *(hold(infra, new_id(), wish, ACTOR) for wish in wishes), return_exceptions=True
    )
    assert {type(result) for result in results} == {dict, OutOfStock}
    taken = sum(wish[one] for wish, result in zip(wishes, results, strict=True) if isinstance(result, dict))
    assert taken > 6  # a refused one wanted 4 at most
    for sku in (one, two):
        assert await stock_of(infra, sku) == level(10, available=10 - taken, held=taken)
    await assert_clean(infra)


def level(on_hand: int, **counts: int) -> dict[str, int]:
    return {"on_hand": on_hand, "available": 0, "set_aside": 0, "held": 0, "committed": 0} | counts


async def test_each_step_is_done_once(infra: Infra) -> None:
    sku, order = await sku_of(infra, 10), new_id()
    for _ in range(2):
        assert await hold(infra, order, {sku: 3}, ACTOR) == {(sku, DEFAULT_WAREHOUSE): 3}
    assert await stock_of(infra, sku) == level(10, available=7, held=3)
    for step, expected in (
        (partial(commit, infra, order), level(10, available=7, committed=3)),
        (partial(ship, infra, order, {sku: 2}), level(8, available=7, committed=1)),
        (partial(ship, infra, order, {sku: 3}), level(7, available=7)),
        (partial(commit, infra, order), level(7, available=7)),
    ):
        for _ in range(2):
            await step()
            assert await stock_of(infra, sku) == expected
        await assert_clean(infra)
    assert not await release(infra, order, ACTOR)
    assert await causes(infra, sku) == {"RECEIVED": 1, "HELD": 1, "COMMITTED": 1, "SHIPPED": 2}


async def test_what_is_held_or_paid_is_given_back_once(infra: Infra) -> None:
    sku, held, paid = await sku_of(infra, 10), new_id(), new_id()
    for order in (held, paid):
        await hold(infra, order, {sku: 2}, ACTOR)
    await commit(infra, paid)
    for order in (held, paid):
        assert sorted(await asyncio.gather(*(release(infra, order, ACTOR) for _ in range(3)))) == [
            False,
            False,
            True,
        ]
        with pytest.raises(HoldReleased):
            await hold(infra, order, {sku: 2}, ACTOR)
        await commit(infra, order)
    assert await stock_of(infra, sku) == level(10, available=10)
    await assert_clean(infra)


async def test_a_hold_that_comes_after_its_release_does_nothing(infra: Infra) -> None:
    sku, order = await sku_of(infra, 10), new_id()
    assert not await release(infra, order, ACTOR)
    with pytest.raises(HoldReleased):
        await hold(infra, order, {sku: 1}, ACTOR)
    assert await stock_of(infra, sku) == level(10, available=10)


async def test_hold_and_release_at_once_leave_nothing(infra: Infra) -> None:
    sku, orders = await sku_of(infra, 10), [new_id() for _ in range(8)]
    both = [
        step for order in orders for step in (hold(infra, order, {sku: 1}, ACTOR), release(infra, order, ACTOR))
    ]
    results = await asyncio.gather(*both, return_exceptions=True)
    for held, released in zip(results[::2], results[1::2], strict=True):
        # Either it was held and given back, or it came too late.
        assert isinstance(held, HoldReleased) != released
    assert await stock_of(infra, sku) == level(10, available=10)
    await assert_clean(infra)


async def test_the_last_units_are_held_once(infra: Infra) -> None:
    """Orders that name the same SKUs in another order do not wait for each other for ever."""
    one, two = await sku_of(infra, 5), await sku_of(infra, 5)
    wishes = [{one: 1, two: 1}, {two: 1, one: 1}] * 6
    results = await asyncio.gather(
        *(hold(infra, new_id(), wish, ACTOR) for wish in wishes), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, OutOfStock)]
    assert (len(refused), sum(isinstance(result, dict) for result in results)) == (7, 5)
    for sku in (one, two):
        assert await stock_of(infra, sku) == level(5, held=5)
    await assert_clean(infra)


async def test_low_stock_over_two_warehouses_at_once_is_told_once(infra: Infra) -> None:
    near = await new_warehouse(infra, "NEAR", priority=1)
    sku = await sku_of(infra, 4, 4, near)
    async with infra.database.write() as session:
        row = {"sku": sku, "units": 6, "is_low": False, "updated_at": infra.now()}
        await session.execute(insert(StockThreshold), [row])
    await asyncio.gather(*(hold(infra, new_id(), {sku: units}, ACTOR) for units in (4, 3, 1)))
    assert (await outbox_types(infra, STOCK)).count(StockLow.type) == 1
    async with infra.database.read() as session:
        waiting = list(await session.scalars(select(OutboxMessage.envelope).where(OutboxMessage.topic == STOCK)))
    (told,) = (envelope["data"] for envelope in waiting if envelope["type"] == StockLow.type)
    assert told["sku"] == sku  # type: ignore[index]
    assert told["available"] <= 6  # type: ignore[index]


async def test_an_order_that_is_closed_gives_ordinary_stock_back(infra: Infra) -> None:
    """In one batch with an order of a flash sale of the same SKU."""
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item, quantity=2)
    flash = (await place_flash_order(infra, wish)).id
    await persist_all(infra)
    order = await ordinary_order(infra, item.sku, item.variant_id, 3)
    assert await stock_of(infra, item.sku) == level(10, available=2, set_aside=3, held=5)
    await assert_clean(infra)
    closing = Closing(OrderStatus.EXPIRED, "sweep")
    for expected in ({(item.sku, item.id): [flash]}, {}):
        closed = await infra.database.transact(
            lambda session: close_orders(session, [flash, order], closing, infra.now())
        )
        assert closed == expected
        assert await stock_of(infra, item.sku) == level(10, available=5, set_aside=5)
    await persist_all(infra)
    await assert_clean(infra)


async def ordinary_order(infra: Infra, sku: str, variant_id: UUID, quantity: int) -> UUID:
    """As a checkout would make it: the order and its hold."""
    order_id, now = new_id(), infra.now()
    order = Order(
        id=order_id,
        number=order_id.hex[:20],
        customer_id=new_id(),
        status=OrderStatus.AWAITING_PAYMENT,
        total=5000 * quantity,
        currency="EUR",
        idempotency_key="k",
        fingerprint="f",
        placed_at=now,
        expires_at=now,
        updated_at=now,
    )
    line = OrderLine(
        id=new_id(),
        order_id=order_id,
        position=0,
        sku=sku,
        variant_id=variant_id,
        title="Shirt",
        quantity=quantity,
        unit_price=5000,
    )
    event = OrderEvent(id=new_id(), order_id=order_id, status=order.status, actor=ACTOR, at=now)
    async with infra.database.write() as session:
        session.add(order)
        await session.flush()
        session.add_all([line, event])
    await hold(infra, order_id, {sku: quantity}, ACTOR)
    return order_id


async def test_flash_orders_are_committed_and_shipped_from_their_warehouse(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = (await place_flash_order(infra, order_wish(item, quantity=2))).id
    await persist_all(infra)
    for shipped, expected in (
        (0, level(10, available=5, set_aside=3, committed=2)),
        (1, level(9, available=5, set_aside=3, committed=1)),
        (1, level(8, available=5, set_aside=3)),
    ):

        async def work(session: AsyncSession, shipped: int = shipped) -> None:
            await session.execute(update(Order).where(Order.id == order).values(status=OrderStatus.PAID))
            await commit_stock(session, [order], ACTOR, infra.now())
            if shipped:
                lines = list(await session.scalars(select(OrderLine).where(OrderLine.order_id == order)))
                await ship_units(session, [(line, shipped) for line in lines], ACTOR, infra.now())
                await session.execute(update(OrderLine).values(shipped=OrderLine.shipped + shipped))

        await infra.database.transact(work)
        assert await stock_of(infra, item.sku) == expected
    assert [d for d in (await reconcile(infra)).differences if d.scope == "database"] == []
