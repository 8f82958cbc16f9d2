"""Pausing, ending and cancelling a sale: once the answer is there, no order is accepted by anybody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from infra.settings import Settings
from models import FlashSale, OrderStatus
from models.enums import FlashSaleStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.errors import FlashSaleNotRunning, FlashSaleStateConflict, NotFound, StaleVersion, TryAgain
from services.events import SALE_ENDED, SALE_PAUSED, SALE_RESUMED, SALE_SCHEDULED, SALES
from services.flash_sale import change_state as changing
from services.flash_sale.apply_sale import apply_changed_sales
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.follow_remaining import follow_remaining
from services.flash_sale.list_sales import find_sales, list_sales
from services.flash_sale.load_item import load_item
from services.flash_sale.states import SaleAction
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.keys import ItemKeys
from tests.books import assert_adds_up, counters, orders_in, outbox_types
from tests.factories import order_wish, running_sale, sale_of, variant_in_stock
from tests.workers import persist_all


@pytest.fixture
async def other(settings: Settings, infra: Infra) -> AsyncIterator[Infra]:
    """Another process."""
    async with open_infra(settings) as opened:
        yield opened


async def act(infra: Infra, item: FlashItemDoc, action: SaleAction, version: int | None = None) -> None:
    await change_state(infra, StateChange(item.sale_id, action, version))


async def stored_sale(infra: Infra, item: FlashItemDoc) -> FlashSale:
    async with infra.database.read() as session:
        return (await session.scalars(select(FlashSale).where(FlashSale.id == item.sale_id))).one()


def held_publish(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Stop requests between reserving and publishing: (one is there, go on)."""
    reserved, go = asyncio.Event(), asyncio.Event()
    publish = infra.events.publish

    async def late(*args: Any, **kwargs: Any) -> None:
        reserved.set()
        await go.wait()
        await publish(*args, **kwargs)

    monkeypatch.setattr(infra.events, "publish", late)
    return reserved, go


@pytest.mark.parametrize("action", [SaleAction.PAUSE, SaleAction.END])
async def test_a_request_under_way_that_is_too_late_is_undone(
    infra: Infra, other: Infra, monkeypatch: pytest.MonkeyPatch, action: SaleAction
) -> None:
    """Reserved before, published after: not accepted, nor on asking again, and its message takes nothing."""
    item = await running_sale(infra, quantity=5, limit=1)
    kept, wish = await place_flash_order(infra, order_wish(item)), order_wish(item)
    reserved, go = held_publish(other, monkeypatch)
    placing = asyncio.create_task(place_flash_order(other, wish))
    await reserved.wait()
    await act(infra, item, action)
    live = await counters(infra, item)
    assert (live.remaining, live.pending, len(live.buyers)) == (4, {kept.id.hex}, 1)
    go.set()
    with pytest.raises(TryAgain):
        await placing
    for _ in range(2):
        with pytest.raises(FlashSaleNotRunning):
            await place_flash_order(infra, wish)
        await persist_all(infra)
    assert await orders_in(infra) == {kept.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


async def test_a_request_under_way_is_left_a_moment_to_be_accepted(
    infra: Infra, other: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    reserved, go = held_publish(other, monkeypatch)
    placing = asyncio.create_task(place_flash_order(other, wish))
    await reserved.wait()
    pausing = asyncio.create_task(act(infra, item, SaleAction.PAUSE))
    while await infra.redis.client.hget(ItemKeys.of(item.sku, item.id).item, "paused") != b"1":
        await asyncio.sleep(0)
    assert not pausing.done()
    go.set()
    order = await placing
    await pausing
    # Accepted before: kept, and its key finds it though the sale is paused and the database does not have it.
    assert (await place_flash_order(infra, wish)).id == order.id
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


async def test_a_late_request_whose_message_was_persisted_is_kept(
    infra: Infra, other: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers were faster than the acknowledgement: it is an order, and asking again finds it."""
    item = await running_sale(infra, quantity=5)
    wish, publish = order_wish(item), other.events.publish
    published, go = asyncio.Event(), asyncio.Event()

    async def unheard(*args: Any, **kwargs: Any) -> None:
        await publish(*args, **kwargs)
        published.set()
        await go.wait()

    monkeypatch.setattr(other.events, "publish", unheard)
    placing = asyncio.create_task(place_flash_order(other, wish))
    await published.wait()
    await persist_all(infra)
    await act(infra, item, SaleAction.PAUSE)
    [(stored, status)] = (await orders_in(infra)).items()
    go.set()
    assert (await placing).id == stored
    assert status == OrderStatus.AWAITING_PAYMENT
    await assert_adds_up(infra, item, remaining=4)


@pytest.mark.parametrize("action", [SaleAction.PAUSE, SaleAction.END])
async def test_in_a_crowd_nothing_is_accepted_after_the_answer(
    infra: Infra, other: Infra, action: SaleAction
) -> None:
    item = await running_sale(infra, quantity=500)
    stop = asyncio.Event()

    async def buy(process: Infra) -> list[OrderView]:
        bought: list[OrderView] = []
        while not stop.is_set():
            try:
                bought.append(await place_flash_order(process, order_wish(item)))
            except (FlashSaleNotRunning, TryAgain):
                await asyncio.sleep(0)
        return bought

    buyers = [asyncio.create_task(buy(process)) for process in (infra, other) for _ in range(10)]
    while len((await counters(infra, item)).pending) < 30:
        await asyncio.sleep(0.01)
    await act(infra, item, action)
    at_the_answer = (await counters(infra, item)).pending
    assert await infra.redis.client.scard(ItemKeys.of(item.sku, item.id).open) == 0
    await asyncio.sleep(0.1)  # they go on trying
    stop.set()
    accepted = {order.id for orders in await asyncio.gather(*buyers) for order in orders}
    assert {order.hex for order in accepted} == at_the_answer
    await persist_all(infra)
    assert await orders_in(infra) == dict.fromkeys(accepted, OrderStatus.AWAITING_PAYMENT)
    await assert_adds_up(infra, item, remaining=500 - len(accepted))


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
    assert await outbox_types(infra, SALES) == [SALE_SCHEDULED, SALE_PAUSED, SALE_RESUMED, SALE_ENDED]


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
    soon = await sale_of(infra, sku, quantity=5, starts_in=1.5)
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
        assert [sale.id for sale in await list_sales(infra, limit=9, statuses=[status])] == expected
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
    assert await outbox_types(infra, SALES) == [SALE_SCHEDULED, SALE_PAUSED]


async def test_pages_of_sales_by_status_stay_right_while_sales_come_and_go(infra: Infra) -> None:
    """Newest start first; each sale once, whatever happens between two pages."""
    sku = (await variant_in_stock(infra, on_hand=20)).sku
    items = [await sale_of(infra, sku, quantity=1, starts_in=3600 + number) for number in range(5)]
    expected = [item.sale_id for item in reversed(items)]
    coming = [FlashSaleStatus.SCHEDULED]
    first = await list_sales(infra, limit=2, statuses=coming)
    await sale_of(infra, sku, quantity=1, starts_in=7200)  # before the first page
    await sale_of(infra, sku, quantity=1)  # runs
    await act(infra, items[1], SaleAction.CANCEL)
    after = (first[-1].starts_at, first[-1].id)
    rest = await list_sales(infra, limit=9, after=after, statuses=coming)
    assert [sale.id for sale in (*first, *rest)] == [i for i in expected if i != items[1].sale_id]
    over = await list_sales(infra, limit=9, statuses=[FlashSaleStatus.ENDED, FlashSaleStatus.RUNNING])
    assert [sale.status(infra.now()) for sale in over] == [FlashSaleStatus.ENDED, FlashSaleStatus.RUNNING]
