"""The order pipeline below GraphQL: reserve, publish, persist, cancel, expire - each once."""

import pytest
from sqlalchemy import func, select

from infra.runtime import Infra
from models import Order, OrderStatus
from services.order.place_flash_order import place_flash_order
from services.shared.errors import IdempotencyConflict, OutOfStock
from tests.factories import order_wish, running_sale, stock_of
from tests.workers import persist_all


async def test_order_is_accepted_then_awaits_payment(infra: Infra) -> None:
    item = await running_sale(infra, quantity=3)
    order = await place_flash_order(infra, order_wish(item))
    assert order.status == OrderStatus.ACCEPTED
    await persist_all(infra)
    async with infra.database.read() as session:
        [row] = await session.scalars(select(Order))
    assert (row.id, row.status, row.total) == (order.id, OrderStatus.AWAITING_PAYMENT, order.total)
    assert await stock_of(infra, item.sku) == {
        "on_hand": 10,
        "available": 7,
        "set_aside": 2,
        "held": 1,
        "committed": 0,
    }


async def test_retry_of_the_order_that_took_the_last_unit_returns_it(infra: Infra) -> None:
    item = await running_sale(infra, quantity=1)
    wish = order_wish(item)
    first = await place_flash_order(infra, wish)
    assert (await place_flash_order(infra, wish)).id == first.id
    with pytest.raises(OutOfStock):
        await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    again = await place_flash_order(infra, wish)
    assert (again.id, again.status) == (first.id, OrderStatus.AWAITING_PAYMENT)
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 1


async def test_same_key_with_another_input_conflicts_and_takes_nothing(infra: Infra) -> None:
    item, other = await running_sale(infra, quantity=5), await running_sale(infra, quantity=5)
    wish = order_wish(item)
    await place_flash_order(infra, wish)
    for changed in (order_wish(item, like=wish, quantity=2), order_wish(other, like=wish)):
        with pytest.raises(IdempotencyConflict):
            await place_flash_order(infra, changed)
    await persist_all(infra)
    assert (await stock_of(infra, other.sku))["set_aside"] == 5
