"""Changing a sale: what it was is sold by nobody any more, what was sold stays, and no unit is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from infra.runtime import Infra, open_infra
from models import FlashSale, FlashSaleItem, OrderStatus
from models.flash_sale_document import FlashItemDoc
from services.flash_sale import change_sale as changing
from services.flash_sale.apply_sale import apply_changed_sales
from services.flash_sale.change_sale import SaleChange, change_sale
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.find_items import find_items
from services.flash_sale.list_sales import find_sales
from services.flash_sale.load_item import load_item
from services.flash_sale.rules import ItemDraft
from services.flash_sale.settle_sales import settle_sales
from services.flash_sale.states import SaleAction
from services.order.place_flash_order import place_flash_order
from services.reconcile.reconcile import reconcile
from services.shared.errors import (
    FlashSaleNotRunning,
    FlashSaleStateConflict,
    InvalidInput,
    NotFound,
    OutOfStock,
    PurchaseLimitReached,
    StaleVersion,
    TryAgain,
)
from services.shared.events import SALES, SaleChanged, SaleScheduled
from settings import Settings
from tests.books import causes, counters, orders_in, outbox_types
from tests.factories import live_remaining, order_wish, running_sale, sale_of, stock_of, variant_in_stock
from tests.workers import persist_all

SOON = 3600.0


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """Patient: nothing here is about the time that a store takes, and the machine may be busy."""
    return settings.model_copy(update={"store_timeout": 3.0})


@pytest.fixture
async def other(settings: Settings, infra: Infra) -> AsyncIterator[Infra]:
    """Another process."""
    async with open_infra(settings) as opened:
        yield opened


async def sale(infra: Infra, item: FlashItemDoc) -> FlashSale:
    async with infra.database.read() as session:
        return (await session.scalars(select(FlashSale).where(FlashSale.id == item.sale_id))).one()


async def change(infra: Infra, item: FlashItemDoc, version: int | None = None, **fields: Any) -> None:
    current = (await sale(infra, item)).version if version is None else version
    await change_sale(infra, SaleChange(item.sale_id, current, **fields), "test")


def draft(sku: str, quantity: int, *, price: str = "19.90", limit: int = 100) -> ItemDraft:
    return ItemDraft(sku, Decimal(price), quantity, limit)


async def split(infra: Infra, sku: str) -> tuple[int, int]:
    found = await stock_of(infra, sku)
    return found["available"], found["set_aside"]


async def adds_up(infra: Infra) -> None:
    report = await reconcile(infra)
    assert (report.differences, report.on_their_way) == ([], 0)


async def test_before_the_start_everything_may_change(infra: Infra, other: Infra) -> None:
    first, second, third = [(await variant_in_stock(infra, on_hand=10)).sku for _ in range(3)]
    item = await sale_of(infra, first, quantity=5, starts_in=SOON)
    await change(infra, item, items=(draft(first, 5), draft(second, 4)))
    with pytest.raises(FlashSaleNotRunning):
        await place_flash_order(other, order_wish(item))  # it remembers the item as it is now
    now = infra.now()
    await change(
        infra,
        item,
        name=" Rush hour ",
        starts_at=now - timedelta(seconds=1),
        ends_at=now + timedelta(hours=1),
        items=(draft(first, 2, price="9.00", limit=1), draft(third, 3)),
    )
    assert [await split(infra, sku) for sku in (first, second, third)] == [(8, 2), (10, 0), (7, 3)]
    order = await place_flash_order(other, order_wish(item))
    assert order.total == 900
    with pytest.raises(PurchaseLimitReached):
        await place_flash_order(other, order_wish(item, customer=order.customer_id))
    await place_flash_order(infra, order_wish(item))
    with pytest.raises(OutOfStock):
        await place_flash_order(other, order_wish(item))
    shown = (await find_sales(infra, [item.sale_id]))[item.sale_id]
    assert (shown.name, shown.version, len(shown.item_ids)) == ("Rush hour", 3, 2)
    await persist_all(infra)
    assert list((await orders_in(infra)).values()) == [OrderStatus.AWAITING_PAYMENT] * 2
    assert await causes(infra, second) == {"RECEIVED": 1, "SET_ASIDE": 2}
    await adds_up(infra)


async def test_an_item_that_is_taken_out_is_gone_and_may_come_back(infra: Infra, other: Infra) -> None:
    first, second = [(await variant_in_stock(infra, on_hand=10)).sku for _ in range(2)]
    item = await sale_of(infra, first, quantity=5, starts_in=SOON)
    await change(infra, item, items=(draft(second, 4),))
    assert await find_items(other, [item.id]) == {}
    assert await split(infra, first) == (10, 0)
    assert await live_remaining(infra, item) == 0
    await adds_up(infra)
    await change(infra, item, items=(draft(second, 4), draft(first, 3, price="5.00")))
    assert (await find_items(other, [item.id]))[item.id].price == 500
    await change(infra, item, starts_at=infra.now())
    assert (await place_flash_order(other, order_wish(item))).total == 500
    await persist_all(infra)
    await change_state(infra, StateChange(item.sale_id, SaleAction.END))
    assert await settle_sales(infra) == 1
    assert (await split(infra, first), await split(infra, second)) == ((9, 0), (10, 0))
    await adds_up(infra)


async def test_once_started_only_name_and_end_may_change(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await place_flash_order(infra, order_wish(item))
    for fields, path in (
        ({"starts_at": infra.now() + timedelta(minutes=1)}, "startsAt"),
        ({"items": (draft(item.sku, 6),)}, "items"),
        ({"ends_at": infra.now() - timedelta(seconds=1)}, "endsAt"),
        ({"name": "a\0b"}, "name"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await change(infra, item, **fields)
        assert [problem.path for problem in refused.value.problems] == [("input", path)]
    longer = item.ends_at + timedelta(hours=1)
    await change(infra, item, name="Longer", ends_at=longer, items=(draft(item.sku, 5),))
    soon = infra.now() + timedelta(seconds=0.7)
    await change(infra, item, ends_at=soon)
    while infra.now() < soon + timedelta(milliseconds=5):
        await asyncio.sleep(0.01)
    with pytest.raises(FlashSaleNotRunning):
        await place_flash_order(infra, order_wish(item))
    with pytest.raises(FlashSaleStateConflict):
        await change(infra, item, ends_at=longer)
    assert (await sale(infra, item)).version == 3
    await persist_all(infra)
    assert await live_remaining(infra, item) == 4
    await adds_up(infra)


async def test_versions_and_what_is_so_already(infra: Infra) -> None:
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    item = await sale_of(infra, sku, quantity=5, starts_in=SOON)
    await change(infra, item, name="Later", version=1)
    with pytest.raises(StaleVersion) as stale:
        await change(infra, item, name="Other", version=1)
    assert stale.value.version == 2
    await change(infra, item, version=1, name="Later", starts_at=item.starts_at, items=(draft(sku, 5),))
    results = await asyncio.gather(
        *(change(infra, item, 2, items=(draft(sku, quantity),)) for quantity in (3, 4)), return_exceptions=True
    )
    assert {type(result) for result in results if result is not None} in ({StaleVersion}, {TryAgain})
    assert await outbox_types(infra, SALES) == [SaleScheduled.type, SaleChanged.type, SaleChanged.type]
    assert (await split(infra, sku))[1] in (3, 4)
    await apply_changed_sales(infra)  # who was refused may have fenced the counters last
    assert await live_remaining(infra, item) == (await split(infra, sku))[1]
    await adds_up(infra)


async def test_a_change_that_fails_leaves_all_as_it_was(infra: Infra) -> None:
    first, second = [(await variant_in_stock(infra, on_hand=10)).sku for _ in range(2)]
    item = await sale_of(infra, first, quantity=5, starts_in=SOON)
    with pytest.raises(OutOfStock):
        await change(infra, item, items=(draft(first, 2), draft(second, 11)))
    with pytest.raises(NotFound):
        await change(infra, item, items=(draft(first, 2), draft("NO-SUCH", 1)))
    assert (await split(infra, first), await split(infra, second)) == ((5, 5), (10, 0))
    stored = await sale(infra, item)
    assert (stored.version, stored.applied_version) == (1, 1)
    await change(infra, item, starts_at=infra.now())
    await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    await adds_up(infra)


async def test_a_server_whose_clock_is_slow_changes_no_sale_that_runs(infra: Infra) -> None:
    """By Redis's clock it has started, and units may be sold already."""
    item = await running_sale(infra, quantity=5)
    await place_flash_order(infra, order_wish(item))
    slow = replace(infra, now=lambda: item.starts_at - timedelta(hours=1))
    with pytest.raises(InvalidInput):
        await change(slow, item, items=(draft(item.sku, 1),))
    await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    await adds_up(infra)


@pytest.mark.parametrize("committed", [False, True])
async def test_killed_in_the_middle_the_workers_finish_it(
    infra: Infra, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """Its counters are fenced off: nothing is sold from them until the workers have loaded what is true."""
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    item = await sale_of(infra, sku, quantity=5, starts_in=SOON)
    store = changing._store

    async def dies(*args: Any) -> list[FlashSaleItem]:
        if committed:
            return await store(*args)
        raise RuntimeError

    async def dead(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(changing, "_store", dies)
    monkeypatch.setattr(changing, "load_unsold", dead)
    with pytest.raises(RuntimeError):
        await change(infra, item, starts_at=infra.now(), items=(draft(sku, 2),))
    monkeypatch.undo()
    with pytest.raises((TryAgain, FlashSaleNotRunning)):
        await place_flash_order(infra, order_wish(item))
    assert (await counters(infra, item)).pending == set()
    if committed:
        running = asyncio.create_task(apply_changed_sales(infra))
        await persist_all(infra)
        assert await running == 1
        await place_flash_order(infra, order_wish(item))
        await persist_all(infra)
    else:
        assert await apply_changed_sales(infra) == 1
    assert await live_remaining(infra, item) == (1 if committed else 5)
    await adds_up(infra)


async def test_counters_that_were_loaded_meanwhile_are_fenced_again(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    item = await sale_of(infra, sku, quantity=5, starts_in=SOON)
    store, tries = changing._store, 0

    async def overtaken(*args: Any) -> list[FlashSaleItem]:
        nonlocal tries
        tries += 1
        return await store(*args)

    fence = changing._fence

    async def late(infra: Infra, item: Any) -> Any:
        made = await fence(infra, item)
        if tries == 0:
            assert await load_item(infra, item.sku, item.id, settle=0.0)
        return made

    monkeypatch.setattr(changing, "_store", overtaken)
    monkeypatch.setattr(changing, "_fence", late)
    await change(infra, item, items=(draft(sku, 2),))
    assert tries == 2
    assert await live_remaining(infra, item) == 2
    await adds_up(infra)
