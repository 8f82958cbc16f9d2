"""What is no difference is reported as none."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from infra.runtime import Infra
from models import FlashSaleItem, StockLevel
from models.order_document import OrderView
from services.flash_sale.load_item import load_item
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reconcile.books import Books, one_moment
from services.reconcile.check_database import check_database
from services.reconcile.reconcile import reconcile
from services.reconcile.report import Difference, Scope
from services.reservation.keys import ItemKeys
from services.shared.errors import NotFound, TryAgain
from services.stock.rules import Counts
from tests.commands import rushcart
from tests.factories import order_wish, running_sale, stock_of, variant_in_stock
from tests.integration.reconciling.damage import by_hand, cancel, found, sale_with_two_orders
from tests.workers import persist_all, working

PART = 15
"""A multiple of three, as every third is cancelled."""


@pytest.mark.usefixtures("either_way")
async def test_a_mix_of_orders_adds_up_at_every_step(infra: Infra) -> None:
    item, other = await running_sale(infra, quantity=8), await running_sale(infra, quantity=2, on_hand=5)
    await variant_in_stock(infra)
    wishes = [order_wish(item, quantity=n) for n in (1, 2, 1, 1)]
    orders = [await place_flash_order(infra, wish) for wish in wishes]
    assert await found(infra) == (set(), 4)
    await cancel(infra, orders[0], wishes[0])  # on its way
    assert await found(infra) == (set(), 3)
    await persist_all(infra)
    assert await found(infra) == (set(), 0)
    await cancel(infra, orders[1], wishes[1])
    assert await found(infra) == (set(), 0)
    later = infra.now() + timedelta(seconds=infra.settings.orders.payment_timeout + 60)
    assert await expire_due_orders(replace(infra, now=lambda: later)) == 2
    await place_flash_order(infra, order_wish(other, quantity=2))
    await place_flash_order(infra, order_wish(item, quantity=3))
    report = await reconcile(infra)
    assert (report.skus, report.differences, report.on_their_way, report.parked) == (3, [], 2, 0)
    await persist_all(infra)
    assert await found(infra) == (set(), 0)
    assert (await stock_of(infra, item.sku))["held"] == 3


@pytest.mark.usefixtures("either_way")
async def test_orders_in_flight_are_no_difference(infra: Infra) -> None:
    """Reconciled without a pause, while 45 orders are placed, persisted, and every third is cancelled."""
    item = await running_sale(infra, quantity=35, on_hand=45)
    wishes = [order_wish(item) for _ in range(45)]
    async with working(infra):
        # Part by part, so that a machine that is quick to sell all of it is looked at in the middle too.
        for first in range(0, len(wishes), PART):
            buying = asyncio.create_task(_buy_all(infra, wishes[first : first + PART]))
            while not buying.done():
                assert (await reconcile(infra)).differences == []
            await buying
    await persist_all(infra)
    assert await found(infra) == (set(), 0)
    assert await stock_of(infra, item.sku) == {
        "on_hand": 45,
        "available": 10,
        "set_aside": 5,
        "held": 30,
        "committed": 0,
    }


async def test_counters_of_an_earlier_life_of_redis_are_no_difference(infra: Infra) -> None:
    """Nobody believes them: a server loads them before it sells."""
    item, _, _ = await sale_with_two_orders(infra)
    await infra.redis.client.hset(ItemKeys.of(item.sku, item.id).item, mapping={"run": "before", "remaining": 9})
    assert await found(infra) == (set(), 0)


async def test_one_sku(infra: Infra) -> None:
    item, _, _ = await sale_with_two_orders(infra)
    other = await variant_in_stock(infra)
    await by_hand(infra, update(FlashSaleItem).values(remaining=2))
    assert (await reconcile(infra, sku=other.sku)).clean
    report = await reconcile(infra, sku=item.sku)
    assert (report.skus, len(report.differences)) == (1, 2)
    with pytest.raises(NotFound):
        await reconcile(infra, sku="no-such-sku")


async def test_pages(infra: Infra) -> None:
    small = replace(infra, settings=infra.settings.model_copy(update={"warm_page": 2}))
    items = [await running_sale(infra, quantity=1) for _ in range(5)]
    await by_hand(infra, update(FlashSaleItem).values(remaining=0))
    told: list[tuple[int, int]] = []
    report = await reconcile(small, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert {d.sku for d in report.differences} == {item.sku for item in items}


async def test_one_moment_sees_no_later_commit_and_locks_nothing(infra: Infra) -> None:
    variant = await variant_in_stock(infra)
    on_hand = select(StockLevel.on_hand).where(StockLevel.sku == variant.sku)
    more = update(StockLevel).values(on_hand=11, available=11)
    async with one_moment(infra) as session:
        assert await session.scalar(on_hand) == 10
        await by_hand(infra, more)
        assert await session.scalar(on_hand) == 10
    async with infra.database.read() as session:
        assert await session.scalar(on_hand) == 11


async def test_counters_loaded_again_add_up(infra: Infra) -> None:
    item, _, _ = await sale_with_two_orders(infra)
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    assert await found(infra) == (set(), 0)


async def test_the_command(infra: Infra) -> None:
    item, _, _ = await sale_with_two_orders(infra)
    clean = await rushcart(infra, "reconcile")
    assert (clean.returncode, clean.stdout) == (0, "1 SKUs checked, 0 differences, 0 repaired\n")
    await by_hand(infra, update(FlashSaleItem).values(remaining=2))
    await place_flash_order(infra, order_wish(item))
    broken = await rushcart(infra, "reconcile", "--sku", item.sku)
    *table, on_their_way, last = broken.stdout.splitlines()
    assert (broken.returncode, last) == (1, "1 SKUs checked, 2 differences, 0 repaired")
    assert on_their_way.startswith("1 orders are not in the database yet, 0 of them")
    assert sum(item.sku in line and "found" in line for line in table) == 2
    fixed = await rushcart(infra, "reconcile", "--fix")
    assert (fixed.returncode, fixed.stdout.splitlines()[-1]) == (0, "1 SKUs checked, 2 differences, 2 repaired")
    unknown = await rushcart(infra, "reconcile", "--sku", "[red]no")
    assert unknown.returncode == 1
    assert unknown.stderr.endswith("Error: There is no SKU [red]no.\n")


def test_an_equation_that_does_not_add_up() -> None:
    # The database's own check does not let it come to this.
    books = Books("S", level=Counts(10, 5, 0, 2, 1), ledger=Counts(10, 5, 0, 2, 1), held=2, committed=1)
    assert check_database(books) == [Difference(Scope.DATABASE, "S", None, "equation", 10, 8)]


async def _buy_all(infra: Infra, wishes: Iterable[FlashOrder]) -> None:
    """Eight at a time; every third is cancelled at once."""
    gate = asyncio.Semaphore(8)

    async def buy(index: int, wish: FlashOrder) -> None:
        async with gate:
            order = await _persistently(lambda: place_flash_order(infra, wish))
            if index % 3 == 0:
                wish_no_more = Cancellation(wish.customer_id, order.id, None, uuid4().hex)
                await _persistently(lambda: cancel_order(infra, wish_no_more))

    await asyncio.gather(*(buy(index, wish) for index, wish in enumerate(wishes)))


async def _persistently(work: Callable[[], Awaitable[OrderView]]) -> OrderView:
    """A busy machine may answer TryAgain; the same key may then be tried again."""
    while True:
        with suppress(TryAgain):
            return await work()
