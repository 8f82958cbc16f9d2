"""An item's counters are loaded while orders come, are persisted and are closed: nobody waits, and all adds up."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from infra.clock import utc_now
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import FlashSaleItem
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot
from services.flash_sale import load_item as loading
from services.flash_sale import next_orders
from services.flash_sale.load_item import load_item
from services.flash_sale.write_claims import write_claims
from services.order.cancel_order import Cancellation, cancel_order
from services.order.persist_orders import persist_orders
from services.order.place_flash_order import place_flash_order
from services.reservation.keys import ItemKeys
from services.shared.errors import IdempotencyConflict, OutOfStock, TryAgain
from tests.books import assert_adds_up, orders_in
from tests.factories import bare_order, order_wish, running_sale
from tests.waiting import until
from tests.workers import persist_all


def act_at(monkeypatch: pytest.MonkeyPatch, step: str, turn: int, act: Callable[[], Awaitable[None]]) -> None:
    """Act before the loader's step, when it is done for that time."""
    real, turns = getattr(loading, step), iter(range(1, 100))

    async def stepped(*args: Any) -> Any:
        if next(turns) == turn:
            await act()
        return await real(*args)

    monkeypatch.setattr(loading, step, stepped)


async def of_before(infra: Infra, item: FlashItemDoc) -> OrderSnapshot:
    """An order of two units, reserved on the counters as they are, that the log has and nobody was shown."""
    async with infra.database.read() as session:
        epoch = await session.scalar(select(FlashSaleItem.epoch).where(FlashSaleItem.id == item.id))
    return bare_order(infra, item, order_wish(item, quantity=2)).placed(utc_now(), epoch or 0)


@pytest.mark.parametrize(
    ("step", "turn"), [("await_drained", 1), ("_read_item", 1), ("next_orders", 2), ("_put_in_place", 1)]
)
async def test_orders_come_and_go_at_any_point_of_a_loading(
    infra: Infra, monkeypatch: pytest.MonkeyPatch, step: str, turn: int
) -> None:
    """Of what was reserved before, only that which is persisted before the epoch is raised takes units."""
    monkeypatch.setattr(next_orders, "PAGE", 2)
    item = await running_sale(infra, quantity=10, limit=3)
    wishes = [order_wish(item, quantity=2) for _ in range(3)]
    orders = [await place_flash_order(infra, wish) for wish in wishes]
    await persist_all(infra)
    late = await of_before(infra, item)

    async def come_and_go() -> None:
        with pytest.raises(TryAgain):
            await place_flash_order(infra, order_wish(item))
        await persist_orders(infra, [late])
        cancelled = Cancellation(wishes[0].customer_id, orders[0].id, None, "cancel")
        await cancel_order(infra, cancelled)
        await persist_all(infra)

    act_at(monkeypatch, step, turn, come_and_go)
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    is_early = step == "await_drained"
    assert (late.id in await orders_in(infra)) is is_early
    left = 4 if is_early else 6
    await assert_adds_up(infra, item, remaining=left)
    assert [(await place_flash_order(infra, wish)).id for wish in wishes] == [order.id for order in orders]
    for _ in range(left // 2):
        await place_flash_order(infra, order_wish(item, quantity=2))
    with pytest.raises(OutOfStock):
        await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=0)


async def test_claims_are_written_when_the_item_sells(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    item, other = await running_sale(infra, quantity=5), await running_sale(infra, quantity=5)
    wish = order_wish(item)
    await place_flash_order(infra, wish)
    await persist_all(infra)
    await infra.redis.client.flushall()

    async def away(*_: object) -> None:
        await place_flash_order(infra, order_wish(item))
        raise StoreUnavailable("redis")

    monkeypatch.setattr(loading, "write_claims", away)
    for one in (item, other):
        assert await load_item(infra, one.sku, one.id, settle=0.0)
        await persist_all(infra)
    await write_claims(infra, item.sku, item.id)
    with pytest.raises(IdempotencyConflict):
        await place_flash_order(infra, order_wish(other, like=wish))


async def test_what_was_there_is_freed_while_others_are_served(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    many = [part for number in range(1_000) for part in (f"{number:032x}", f"1|{number:032x}")]
    await infra.redis.execute(("HSET", ItemKeys.of(item.sku, item.id).holds, *many))

    async def freed() -> int:
        return int((await infra.redis.client.info("memory"))["lazyfreed_objects"])

    before = await freed()
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    assert await until(freed, lambda now: now > before)
