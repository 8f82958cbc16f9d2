"""Reconciliation: what adds up is left alone, every kind of damage is found exactly, and repaired."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Executable, delete, select, update

from infra.runtime import Infra
from models import FlashSaleItem, Order, OrderStatus, StockCause, StockEntry, StockLevel
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.errors import NotFound, TryAgain
from services.flash_sale.load_item import load_item
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_orders import expire_due_orders
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.keys import ItemKeys
from services.stock.books import Books, one_moment
from services.stock.check_database import check_database
from services.stock.counts import Counts
from services.stock.reconcile import reconcile
from services.stock.report import Difference, Outcome, Report, Scope, Value
from tests.commands import rushcart
from tests.factories import live_remaining, order_wish, running_sale, stock_of, variant_in_stock
from tests.workers import persist_all, working


@pytest.fixture
def store_timeout() -> float:
    """Counters are loaded when twice this time has passed."""
    return 1.5


async def test_a_mix_of_orders_adds_up_at_every_step(infra: Infra) -> None:
    item, other = await running_sale(infra, quantity=8), await running_sale(infra, quantity=2, on_hand=5)
    await variant_in_stock(infra)
    wishes = [order_wish(item, quantity=n) for n in (1, 2, 1, 1)]
    orders = [await place_flash_order(infra, wish) for wish in wishes]
    assert await _found(infra) == (set(), 4)
    await _cancel(infra, orders[0], wishes[0])  # on its way
    assert await _found(infra) == (set(), 3)
    await persist_all(infra)
    assert await _found(infra) == (set(), 0)
    await _cancel(infra, orders[1], wishes[1])
    assert await _found(infra) == (set(), 0)
    later = infra.now() + timedelta(seconds=infra.settings.payment_timeout + 60)
    assert await expire_due_orders(replace(infra, now=lambda: later)) == 2
    await place_flash_order(infra, order_wish(other, quantity=2))
    await place_flash_order(infra, order_wish(item, quantity=3))
    report = await reconcile(infra)
    assert (report.skus, report.differences, report.on_their_way, report.parked) == (3, [], 2, 0)
    await persist_all(infra)
    assert await _found(infra) == (set(), 0)
    assert (await stock_of(infra, item.sku))["held"] == 3


async def test_orders_in_flight_are_no_difference(infra: Infra) -> None:
    """Reconciled without a pause, while 200 orders are placed, persisted, and every third is cancelled."""
    item = await running_sale(infra, quantity=150, on_hand=200)
    wishes = [order_wish(item) for _ in range(200)]
    async with working(infra):
        buying = asyncio.create_task(_buy_all(infra, wishes))
        rounds = 0
        while not buying.done():
            report = await reconcile(infra)
            assert report.differences == []
            rounds += 1
        await buying
        assert rounds > 1
    await persist_all(infra)
    assert await _found(infra) == (set(), 0)
    assert await stock_of(infra, item.sku) == {
        "on_hand": 200,
        "available": 50,
        "set_aside": 17,
        "held": 133,
        "committed": 0,
    }


async def test_a_level_changed_by_hand(infra: Infra) -> None:
    item, _, _ = await _sale_with_two_orders(infra)
    await _by_hand(infra, update(StockLevel).values(held=StockLevel.held + 1, available=StockLevel.available - 1))
    wrong = {
        ("held", 2, 3),
        ("ledger held", 3, 2),
        ("ledger available", 4, 5),
    }
    assert await _found(infra) == (_in_database(wrong), 0)
    await _fix(infra, 3)
    assert await _repairs(infra) == [(item.sku, Counts(), "available 4 -> 5, held 3 -> 2", None)]
    assert await stock_of(infra, item.sku) == {
        "on_hand": 10,
        "available": 5,
        "set_aside": 3,
        "held": 2,
        "committed": 0,
    }


async def test_a_sale_item_changed_by_hand(infra: Infra) -> None:
    item, _, _ = await _sale_with_two_orders(infra)
    await _by_hand(infra, update(FlashSaleItem).values(remaining=2))
    wrong = {("remaining", 3, 2), ("set_aside", 2, 3)}
    assert await _found(infra) == (_in_database(wrong), 0)
    await _fix(infra, 2)
    assert await _repairs(infra) == [(item.sku, Counts(), "sale item: remaining 2 -> 3", item.id)]
    assert await live_remaining(infra, item) == 3


async def test_a_ledger_that_lost_a_row(infra: Infra) -> None:
    item, orders, _ = await _sale_with_two_orders(infra)
    await _by_hand(infra, delete(StockEntry).where(StockEntry.reference == orders[0].id))
    wrong = {("ledger held", 2, 1), ("ledger set_aside", 3, 4)}
    assert await _found(infra) == (_in_database(wrong), 0)
    await _fix(infra, 2)
    assert await _repairs(infra) == [(item.sku, Counts(held=1, set_aside=-1), "the ledger alone", None)]


async def test_an_order_changed_by_hand(infra: Infra) -> None:
    """The orders are believed: the level follows them. What is paid and not shipped keeps its hold in Redis."""
    item, orders, wishes = await _sale_with_two_orders(infra)
    await _by_hand(infra, update(Order).where(Order.id == orders[0].id).values(status=OrderStatus.PAID))
    wrong = _in_database({("held", 1, 2), ("committed", 1, 0)})
    assert await _found(infra) == (wrong, 0)
    await _fix(infra, 2)
    assert await _repairs(infra) == [
        (item.sku, Counts(held=-1, committed=1), "held 2 -> 1, committed 0 -> 1", None)
    ]
    assert await _hash(infra, ItemKeys.of(item.sku, item.id).holds) == {
        order.id.hex: f"1|{wish.customer_id.hex}" for order, wish in zip(orders, wishes, strict=True)
    }


async def test_what_a_person_must_decide_is_left_alone(infra: Infra) -> None:
    item, _, _ = await _sale_with_two_orders(infra)
    lost, _, _ = await _sale_with_two_orders(infra)
    too_little = {"on_hand": 3, "available": 0, "set_aside": 1}
    await _by_hand(
        infra,
        update(StockLevel).where(StockLevel.sku == item.sku).values(too_little),
        delete(StockLevel).where(StockLevel.sku == lost.sku),
    )
    report = await reconcile(infra, fix=True)
    by_what = {d.what: d for d in report.differences}
    short = by_what["set_aside"]
    assert (short.expected, short.found, short.outcome) == (3, 1, Outcome.NEEDS_A_PERSON)
    assert short.note == "orders and sales have 2 more than the 3 on hand"
    gone = by_what["level"]
    assert (gone.sku, gone.expected, gone.found, gone.outcome) == (
        lost.sku,
        "a level",
        None,
        Outcome.NEEDS_A_PERSON,
    )
    assert gone.note == "there is no stock level, so nobody knows what is on hand"
    assert (report.skus, report.repaired, report.clean) == (2, 0, False)
    assert await _repairs(infra) == []
    assert (await stock_of(infra, item.sku))["on_hand"] == 3


async def test_every_kind_of_damage_in_redis(infra: Infra) -> None:
    """One kind an item, so that all are looked at in the same rounds."""
    client = infra.redis.client
    wrong: set[_Seen] = set()
    sales = [await _sale_with_two_orders(infra) for _ in range(7)]
    (unsold, unheld, invented, miscounted, unreleased, forgotten, garbled) = sales

    def expect(sale: _Sale, *seen: tuple[str, Value, Value]) -> ItemKeys:
        wrong.update((Scope.REDIS, *one) for one in seen)
        return ItemKeys.of(sale[0].sku, sale[0].id)

    keys = expect(unsold, ("remaining", 3, 4))
    await client.hincrby(keys.item, "remaining", 1)

    order, customer = unheld[1][0].id.hex, unheld[2][0].customer_id.hex
    keys = expect(unheld, (f"hold of {order}", f"1|{customer}", None))
    await client.hdel(keys.holds, order)

    order, customer = uuid4().hex, invented[2][0].customer_id.hex
    keys = expect(invented, (f"hold of {order}", None, f"2|{customer}"))
    await client.hset(keys.holds, order, f"2|{customer}")

    customer = miscounted[2][1].customer_id.hex
    keys = expect(miscounted, (f"units of customer {customer}", 1, 5))
    await client.hset(keys.buyers, customer, 5)

    # Cancelled, but never released in Redis.
    order, customer = unreleased[1][0].id.hex, unreleased[2][0].customer_id.hex
    keys = expect(
        unreleased,
        (f"hold of {order}", None, f"1|{customer}"),
        (f"units of customer {customer}", 0, 1),
        ("remaining", 4, 3),
    )
    await _cancel(infra, unreleased[1][0], unreleased[2][0])
    await persist_all(infra)
    await client.hset(keys.holds, order, f"1|{customer}")
    await client.hset(keys.buyers, customer, 1)
    await client.hincrby(keys.item, "remaining", -1)

    keys = expect(forgotten, ("counters", "loaded", None))
    await client.delete(keys.item)

    keys = expect(garbled, ("remaining", 3, "three"), ("reservation no-order", "an entry", "no entry"))
    await client.hset(keys.item, "remaining", "three")
    await client.hset(keys.pending, "no-order", "no entry")

    assert (await _found(infra))[0] == wrong
    # No worker runs: it would load the forgotten one by itself.
    await _fix(infra, len(wrong))
    assert [await live_remaining(infra, item) for item, _, _ in sales] == [3, 3, 3, 3, 4, 3, 3]
    assert await _repairs(infra) == []


async def test_counters_of_an_earlier_life_of_redis_are_no_difference(infra: Infra) -> None:
    """Nobody believes them: a server loads them before it sells."""
    item, _, _ = await _sale_with_two_orders(infra)
    await infra.redis.client.hset(ItemKeys.of(item.sku, item.id).item, mapping={"run": "before", "remaining": 9})
    assert await _found(infra) == (set(), 0)


async def test_one_sku(infra: Infra) -> None:
    item, _, _ = await _sale_with_two_orders(infra)
    other = await variant_in_stock(infra)
    await _by_hand(infra, update(FlashSaleItem).values(remaining=2))
    assert (await reconcile(infra, sku=other.sku)).clean
    report = await reconcile(infra, sku=item.sku)
    assert (report.skus, len(report.differences)) == (1, 2)
    with pytest.raises(NotFound):
        await reconcile(infra, sku="no-such-sku")


async def test_pages(infra: Infra) -> None:
    small = replace(infra, settings=infra.settings.model_copy(update={"warm_page": 2}))
    items = [await running_sale(infra, quantity=1) for _ in range(5)]
    await _by_hand(infra, update(FlashSaleItem).values(remaining=0))
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
        await _by_hand(infra, more)
        assert await session.scalar(on_hand) == 10
    async with infra.database.read() as session:
        assert await session.scalar(on_hand) == 11


async def test_counters_loaded_again_add_up(infra: Infra) -> None:
    item, _, _ = await _sale_with_two_orders(infra)
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    assert await _found(infra) == (set(), 0)


async def test_the_command(infra: Infra) -> None:
    item, _, _ = await _sale_with_two_orders(infra)
    clean = await rushcart(infra, "reconcile")
    assert (clean.returncode, clean.stdout) == (0, "1 SKUs checked, 0 differences, 0 repaired\n")
    await _by_hand(infra, update(FlashSaleItem).values(remaining=2))
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


_Sale = tuple[FlashItemDoc, list[OrderView], list[FlashOrder]]
_Seen = tuple[Scope, str, Value, Value]


async def _sale_with_two_orders(infra: Infra) -> _Sale:
    """On hand 10, of which 5 in the sale, of which 2 are in unpaid orders."""
    item = await running_sale(infra, quantity=5)
    wishes = [order_wish(item) for _ in range(2)]
    orders = [await place_flash_order(infra, wish) for wish in wishes]
    await persist_all(infra)
    return item, orders, wishes


async def _buy_all(infra: Infra, wishes: Iterable[FlashOrder]) -> None:
    """Eight at a time; every third, 67 of 200, is cancelled at once."""
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


async def _cancel(infra: Infra, order: OrderView, wish: FlashOrder) -> None:
    cancelled = await cancel_order(infra, Cancellation(wish.customer_id, order.id, None, uuid4().hex))
    assert cancelled.status == OrderStatus.CANCELLED


async def _found(infra: Infra) -> tuple[set[_Seen], int]:
    """What differs, and how many orders are on their way."""
    report = await reconcile(infra)
    return _seen(report), report.on_their_way


def _seen(report: Report) -> set[_Seen]:
    return {(d.scope, d.what, d.expected, d.found) for d in report.differences}


def _in_database(wrong: AbstractSet[tuple[str, int, int]]) -> set[_Seen]:
    return {(Scope.DATABASE, *one) for one in wrong}


async def _fix(infra: Infra, differences: int) -> None:
    """All is repaired, and then nothing is left to be."""
    report = await reconcile(infra, fix=True)
    assert {d.outcome for d in report.differences} == {Outcome.REPAIRED}
    assert (len(report.differences), report.repaired, report.clean) == (differences, differences, True)
    assert await _found(infra) == (set(), 0)


async def _repairs(infra: Infra) -> list[tuple[str, Counts, str | None, UUID | None]]:
    async with infra.database.read() as session:
        rows = await session.scalars(select(StockEntry).where(StockEntry.cause == StockCause.REPAIRED))
        return [
            (row.sku, Counts(*(getattr(row, name) for name in Counts._fields)), row.note, row.reference)
            for row in rows
        ]


async def _by_hand(infra: Infra, *statements: Executable) -> None:
    async with infra.database.write() as session:
        for statement in statements:
            await session.execute(statement)


async def _hash(infra: Infra, key: str) -> dict[str, str]:
    pairs: dict[bytes, bytes] = await infra.redis.client.hgetall(key)  # type: ignore[assignment]
    return {name.decode(): value.decode() for name, value in pairs.items()}
