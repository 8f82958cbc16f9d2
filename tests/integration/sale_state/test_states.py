"""Sales are paused, resumed, cancelled and listed."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from models import FlashSale
from models.enums import FlashSaleStatus
from models.flash_sale_document import FlashItemDoc
from services.flash_sale import change_state as changing
from services.flash_sale import schedule_flash_sale as scheduling
from services.flash_sale.apply_sale import apply_changed_sales
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.find_items import find_open_items
from services.flash_sale.follow_remaining import follow_remaining
from services.flash_sale.list_sales import find_sales, list_sales
from services.flash_sale.load_item import load_item
from services.flash_sale.states import SaleAction
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.shared.errors import FlashSaleNotRunning, FlashSaleStateConflict, NotFound, StaleVersion, TryAgain
from services.shared.events import SALES, SaleEnded, SalePaused, SaleResumed, SaleScheduled
from services.shared.pages import KeyPage
from settings import Settings
from tests.books import assert_adds_up, outbox_types
from tests.factories import order_wish, running_sale, sale_of, variant_in_stock
from tests.integration.sale_state.acting import act
from tests.waiting import patience
from tests.workers import persist_all


async def stored_sale(infra: Infra, item: FlashItemDoc) -> FlashSale:
    async with infra.database.read() as session:
        return (await session.scalars(select(FlashSale).where(FlashSale.id == item.sale_id))).one()


async def test_resumed_it_sells_again_and_a_loader_of_before_does_not_undo_a_pause(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await act(infra, item, SaleAction.PAUSE)
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    with pytest.raises(FlashSaleNotRunning):
        await place_flash_order(infra, order_wish(item))
    await act(infra, item, SaleAction.RESUME)
    await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=4)


async def test_terms_that_were_changed_while_counters_are_loaded_stand(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loader read the database before the pause, and comes to Redis after it."""
    from services.flash_sale import load_item as loading

    item = await running_sale(infra, quantity=5)
    read, go = asyncio.Event(), asyncio.Event()
    put_in_place = loading._put_in_place

    async def held(*args: Any) -> bool:
        read.set()
        await go.wait()
        return await put_in_place(*args)

    monkeypatch.setattr(loading, "_put_in_place", held)
    slow = asyncio.create_task(load_item(infra, item.sku, item.id, settle=0.0, force=True))
    await read.wait()
    await act(infra, item, SaleAction.PAUSE)
    go.set()
    assert await slow
    with pytest.raises(FlashSaleNotRunning):
        await place_flash_order(infra, order_wish(item))
    assert await apply_changed_sales(infra) == 1  # the pause could not know that the counters would come
    await act(infra, item, SaleAction.RESUME)
    await place_flash_order(infra, order_wish(item))


async def test_what_is_so_already_is_left_alone_and_versions_are_compared(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await act(infra, item, SaleAction.RESUME, version=77)
    assert (await stored_sale(infra, item)).version == 1
    with pytest.raises(StaleVersion) as stale:
        await act(infra, item, SaleAction.PAUSE, version=2)
    assert stale.value.version == 1
    await place_flash_order(infra, order_wish(item))  # it was not paused
    await asyncio.gather(*(act(infra, item, SaleAction.PAUSE) for _ in range(4)))
    await act(infra, item, SaleAction.PAUSE, version=1)
    await act(infra, item, SaleAction.RESUME, version=2)
    await act(infra, item, SaleAction.END)
    await act(infra, item, SaleAction.END, version=1)
    for refused in (SaleAction.PAUSE, SaleAction.RESUME, SaleAction.CANCEL):
        with pytest.raises(FlashSaleStateConflict) as conflict:
            await act(infra, item, refused)
        assert conflict.value.status == FlashSaleStatus.ENDED
    with pytest.raises(NotFound):
        await change_state(infra, StateChange(new_id(), SaleAction.PAUSE))
    sale = await stored_sale(infra, item)
    assert (sale.version, sale.applied_version, sale.ends_at) == (4, 4, sale.closed_at)
    told = (SaleScheduled, SalePaused, SaleResumed, SaleEnded)
    assert await outbox_types(infra, SALES) == [event.type for event in told]


async def test_who_follows_an_item_sees_that_its_sale_has_ended(infra: Infra, other: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    async with aclosing(follow_remaining(other, item)) as following:
        assert (await anext(following)).units == 5
        await place_flash_order(infra, order_wish(item))
        assert (await asyncio.wait_for(anext(following), 10)).units == 4
        await act(infra, item, SaleAction.END)
        last = await asyncio.wait_for(anext(following), 10)
        assert (last.units, last.item.is_over(infra.now())) == (0, True)


async def test_a_scheduled_sale_is_cancelled_and_a_paused_one_does_not_begin(infra: Infra) -> None:
    sku = (await variant_in_stock(infra, on_hand=10)).sku
    coming = await sale_of(infra, sku, quantity=5, starts_in=3600)
    soon = await sale_of(infra, sku, quantity=5, starts_in=patience(1.5))
    with pytest.raises(FlashSaleStateConflict):
        await act(infra, coming, SaleAction.END)
    await act(infra, coming, SaleAction.CANCEL)
    await act(infra, coming, SaleAction.CANCEL)
    await act(infra, soon, SaleAction.PAUSE)
    now = infra.now()
    found = await find_sales(infra, [coming.sale_id, soon.sale_id])
    cancelled, paused = found[coming.sale_id], found[soon.sale_id]
    assert (cancelled.status(now), cancelled.cancelled_at) == (FlashSaleStatus.ENDED, cancelled.closed_at)
    assert (paused.status(now), paused.cancelled_at) == (FlashSaleStatus.SCHEDULED, None)
    while infra.now() < soon.starts_at + timedelta(milliseconds=20):
        await asyncio.sleep(0.02)
    for item in (coming, soon):
        with pytest.raises(FlashSaleNotRunning):
            await place_flash_order(infra, order_wish(item))
    for status, expected in (
        (FlashSaleStatus.PAUSED, [soon.sale_id]),
        (FlashSaleStatus.ENDED, [coming.sale_id]),
        (FlashSaleStatus.SCHEDULED, []),
        (FlashSaleStatus.RUNNING, []),
    ):
        assert [sale.id for sale in (await list_sales(infra, KeyPage(9), [status])).rows] == expected
    await act(infra, soon, SaleAction.RESUME)
    await place_flash_order(infra, order_wish(soon))


async def test_killed_between_the_database_and_redis_the_workers_finish_it(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def dies(*_: object, **__: object) -> bool:
        raise ConnectionError

    item = await running_sale(infra, quantity=5)
    for action, sells in ((SaleAction.PAUSE, False), (SaleAction.RESUME, True)):
        monkeypatch.setattr(changing, "apply_sale", dies)
        with pytest.raises(ConnectionError):
            await act(infra, item, action)
        monkeypatch.undo()
        assert [await apply_changed_sales(infra) for _ in range(2)] == [1, 0]
        if sells:
            await place_flash_order(infra, order_wish(item))
        else:
            with pytest.raises(FlashSaleNotRunning):
                await place_flash_order(infra, order_wish(item))


async def test_workers_leave_a_sale_that_is_being_loaded_to_who_loads_it(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would fence its counters, and nothing would be sold until they have waited for the log."""
    by_workers: list[int] = []

    async def load(infra: Infra, sku: str, item_id: UUID, **how: Any) -> bool:
        by_workers.append(await apply_changed_sales(infra))
        return await load_item(infra, sku, item_id, **how)

    monkeypatch.setattr(scheduling, "load_item", load)
    item = await running_sale(infra, quantity=5)
    assert by_workers == [0]
    await place_flash_order(infra, order_wish(item))
    assert (await stored_sale(infra, item)).applied_version == 1


async def test_without_redis_the_answer_is_try_again_and_nothing_is_half_done(
    settings: Settings, infra: Infra
) -> None:
    """The database has it, the workers bring it to Redis, and asking again is no second change."""
    item = await running_sale(infra, quantity=5)
    away = settings.with_redis(f"redis://127.0.0.1:{free_port()}/0")
    async with open_infra(away.model_copy(update={"kafka_bootstrap_servers": None})) as cut_off:
        with pytest.raises(TryAgain):
            await act(cut_off, item, SaleAction.PAUSE, version=1)
    assert (await stored_sale(infra, item)).paused
    await act(infra, item, SaleAction.PAUSE, version=1)
    with pytest.raises(FlashSaleNotRunning):
        await place_flash_order(infra, FlashOrder(new_id(), item.id, 1, "key"))
    sale = await stored_sale(infra, item)
    assert (sale.version, sale.applied_version) == (2, 2)
    assert await outbox_types(infra, SALES) == [SaleScheduled.type, SalePaused.type]


async def test_pages_of_sales_by_status_stay_right_while_sales_come_and_go(infra: Infra) -> None:
    """Newest start first; each sale once, whatever happens between two pages."""
    sku = (await variant_in_stock(infra, on_hand=20)).sku
    items = [await sale_of(infra, sku, quantity=1, starts_in=3600 + number) for number in range(5)]
    expected = [item.sale_id for item in reversed(items)]
    coming = [FlashSaleStatus.SCHEDULED]
    first = (await list_sales(infra, KeyPage(2), coming)).rows
    await sale_of(infra, sku, quantity=1, starts_in=7200)  # before the first page
    await sale_of(infra, sku, quantity=1)  # runs
    await act(infra, items[1], SaleAction.CANCEL)
    after = (first[-1].starts_at, first[-1].id)
    rest = (await list_sales(infra, KeyPage(9, after=after), coming)).rows
    assert [sale.id for sale in (*first, *rest)] == [i for i in expected if i != items[1].sale_id]
    over = (await list_sales(infra, KeyPage(9), [FlashSaleStatus.ENDED, FlashSaleStatus.RUNNING])).rows
    assert [sale.status(infra.now()) for sale in over] == [FlashSaleStatus.ENDED, FlashSaleStatus.RUNNING]
    last = await list_sales(infra, KeyPage(1, backwards=True), coming)
    assert ([sale.id for sale in last.rows], last.has_previous, last.has_next) == ([expected[-1]], True, False)
    before = (last.rows[0].starts_at, last.rows[0].id)
    ahead = await list_sales(infra, KeyPage(1, before=before, backwards=True), coming)
    assert ([sale.id for sale in ahead.rows], ahead.has_previous, ahead.has_next) == ([expected[2]], True, True)


async def test_a_variant_says_which_running_or_coming_sales_it_is_in(infra: Infra) -> None:
    one, other = await variant_in_stock(infra, on_hand=20), await variant_in_stock(infra, on_hand=20)
    coming = await sale_of(infra, one.sku, quantity=1, starts_in=3600)
    paused = await sale_of(infra, one.sku, quantity=1, starts_in=-50)
    running = await sale_of(infra, one.sku, quantity=1)
    ended = await sale_of(infra, one.sku, quantity=1)
    called_off = await sale_of(infra, one.sku, quantity=1, starts_in=1800)
    await act(infra, paused, SaleAction.PAUSE)
    await act(infra, ended, SaleAction.END)
    await act(infra, called_off, SaleAction.CANCEL)
    found = await find_open_items(infra, [one.id, other.id])
    assert {key: [item.id for item in items] for key, items in found.items()} == {
        one.id: [running.id, paused.id, coming.id]
    }
