"""Requests that are under way when a sale is paused or ended."""

import asyncio
from typing import Any

import pytest

from infra.runtime import Infra
from models import OrderStatus
from models.order_document import OrderView
from services.flash_sale.states import SaleAction
from services.order.place_flash_order import place_flash_order
from services.reservation.keys import ItemKeys
from services.shared.errors import FlashSaleNotRunning, TryAgain
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import order_wish, running_sale
from tests.integration.sale_state.acting import act
from tests.workers import persist_all


def held_publish(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Stop requests between reserving and publishing: (one is there, go on)."""
    reserved, go = asyncio.Event(), asyncio.Event()
    publish = infra.events.publish_many

    async def late(*args: Any, **kwargs: Any) -> list[Exception | None]:
        reserved.set()
        await go.wait()
        return await publish(*args, **kwargs)

    monkeypatch.setattr(infra.events, "publish_many", late)
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
    wish, publish = order_wish(item), other.events.publish_many
    published, go = asyncio.Event(), asyncio.Event()

    async def unheard(*args: Any, **kwargs: Any) -> list[Exception | None]:
        found: list[Exception | None] = await publish(*args, **kwargs)
        published.set()
        await go.wait()
        return found

    monkeypatch.setattr(other.events, "publish_many", unheard)
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
