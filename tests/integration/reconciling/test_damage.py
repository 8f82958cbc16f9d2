"""Each kind of damage is found, and repaired where no person has to decide."""

from collections.abc import Set as AbstractSet
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from infra.runtime import Infra
from models import FlashSaleItem, Order, OrderStatus, StockCause, StockEntry, StockLevel
from services.reconcile.reconcile import reconcile
from services.reconcile.report import Outcome, Scope, Value
from services.reservation.keys import ItemKeys
from services.stock.rules import Counts
from tests.factories import live_remaining, stock_of
from tests.integration.reconciling.damage import (
    Sale,
    Seen,
    by_hand,
    cancel,
    found,
    sale_with_two_orders,
)
from tests.workers import persist_all


async def test_a_level_changed_by_hand(infra: Infra) -> None:
    item, _, _ = await sale_with_two_orders(infra)
    await by_hand(infra, update(StockLevel).values(held=StockLevel.held + 1, available=StockLevel.available - 1))
    wrong = {
        ("held", 2, 3),
        ("ledger held", 3, 2),
        ("ledger available", 4, 5),
    }
    assert await found(infra) == (_in_database(wrong), 0)
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
    item, _, _ = await sale_with_two_orders(infra)
    await by_hand(infra, update(FlashSaleItem).values(remaining=2))
    wrong = {("remaining", 3, 2), ("set_aside", 2, 3)}
    assert await found(infra) == (_in_database(wrong), 0)
    await _fix(infra, 2)
    assert await _repairs(infra) == [(item.sku, Counts(), "sale item: remaining 2 -> 3", item.id)]
    assert await live_remaining(infra, item) == 3


async def test_a_ledger_that_lost_a_row(infra: Infra) -> None:
    item, orders, _ = await sale_with_two_orders(infra)
    await by_hand(infra, delete(StockEntry).where(StockEntry.reference == orders[0].id))
    wrong = {("ledger held", 2, 1), ("ledger set_aside", 3, 4)}
    assert await found(infra) == (_in_database(wrong), 0)
    await _fix(infra, 2)
    assert await _repairs(infra) == [(item.sku, Counts(held=1, set_aside=-1), "the ledger alone", None)]


async def test_an_order_changed_by_hand(infra: Infra) -> None:
    """The orders are believed: the level follows them. What is paid and not shipped keeps its hold in Redis."""
    item, orders, wishes = await sale_with_two_orders(infra)
    await by_hand(infra, update(Order).where(Order.id == orders[0].id).values(status=OrderStatus.PAID))
    wrong = _in_database({("held", 1, 2), ("committed", 1, 0)})
    assert await found(infra) == (wrong, 0)
    await _fix(infra, 2)
    assert await _repairs(infra) == [
        (item.sku, Counts(held=-1, committed=1), "held 2 -> 1, committed 0 -> 1", None)
    ]
    assert await _hash(infra, ItemKeys.of(item.sku, item.id).holds) == {
        order.id.hex: f"1|{wish.customer_id.hex}" for order, wish in zip(orders, wishes, strict=True)
    }


async def test_what_a_person_must_decide_is_left_alone(infra: Infra) -> None:
    item, _, _ = await sale_with_two_orders(infra)
    lost, _, _ = await sale_with_two_orders(infra)
    too_little = {"on_hand": 3, "available": 0, "set_aside": 1}
    await by_hand(
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


@pytest.mark.usefixtures("either_way")
async def test_every_kind_of_damage_in_redis(infra: Infra) -> None:
    """One kind an item, so that all are looked at in the same rounds."""
    client = infra.redis.client
    wrong: set[Seen] = set()
    sales = [await sale_with_two_orders(infra) for _ in range(7)]
    (unsold, unheld, invented, miscounted, unreleased, forgotten, garbled) = sales

    def expect(sale: Sale, *seen: tuple[str, Value, Value]) -> ItemKeys:
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
    await cancel(infra, unreleased[1][0], unreleased[2][0])
    await persist_all(infra)
    await client.hset(keys.holds, order, f"1|{customer}")
    await client.hset(keys.buyers, customer, 1)
    await client.hincrby(keys.item, "remaining", -1)

    keys = expect(forgotten, ("counters", "loaded", None))
    await client.delete(keys.item)

    keys = expect(garbled, ("remaining", 3, "three"), ("reservation no-order", "an entry", "no entry"))
    await client.hset(keys.item, "remaining", "three")
    await client.hset(keys.pending, "no-order", "no entry")

    assert (await found(infra))[0] == wrong
    # No worker runs: it would load the forgotten one by itself.
    await _fix(infra, len(wrong))
    assert [await live_remaining(infra, item) for item, _, _ in sales] == [3, 3, 3, 3, 4, 3, 3]
    assert await _repairs(infra) == []


def _in_database(wrong: AbstractSet[tuple[str, int, int]]) -> set[Seen]:
    return {(Scope.DATABASE, *one) for one in wrong}


async def _fix(infra: Infra, differences: int) -> None:
    """All is repaired, and then nothing is left to be."""
    report = await reconcile(infra, fix=True)
    assert {d.outcome for d in report.differences} == {Outcome.REPAIRED}
    assert (len(report.differences), report.repaired, report.clean) == (differences, differences, True)
    assert await found(infra) == (set(), 0)


async def _repairs(infra: Infra) -> list[tuple[str, Counts, str | None, UUID | None]]:
    async with infra.database.read() as session:
        rows = await session.scalars(select(StockEntry).where(StockEntry.cause == StockCause.REPAIRED))
        return [
            (row.sku, Counts(*(getattr(row, name) for name in Counts._fields)), row.note, row.reference)
            for row in rows
        ]


async def _hash(infra: Infra, key: str) -> dict[str, str]:
    pairs: dict[bytes, bytes] = await infra.redis.client.hgetall(key)  # type: ignore[assignment]
    return {name.decode(): value.decode() for name, value in pairs.items()}
