"""Reserving in Redis: never more than there is, each key once, and a refusal holds nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from infra.clock import utc_now
from infra.ids import new_id
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from models import FlashSale, OrderStatus
from models.order_document import OrderView
from services.flash_sale.find_items import find_item
from services.flash_sale.list_sales import find_sales
from services.flash_sale.load_item import load_item
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.keys import ItemKeys
from services.shared.errors import (
    FlashSaleNotRunning,
    IdempotencyConflict,
    OutOfStock,
    PurchaseLimitReached,
    TryAgain,
)
from settings import Settings
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import order_wish, running_sale, variant_in_stock
from tests.modes import MODES
from tests.waiting import until
from tests.workers import persist_all

ON_STACK = pytest.mark.parametrize("mode", MODES[1:], indirect=True)


@pytest.fixture
async def patient(settings: Settings, infra: Infra) -> AsyncIterator[Infra]:
    """For crowds on a slow machine: nobody is told to try again because of the time it took."""
    async with open_infra(settings.model_copy(update={"store_timeout": 20.0})) as opened:
        yield opened


async def outcomes(infra: Infra, wishes: list[FlashOrder]) -> list[OrderView | BaseException]:
    return await asyncio.gather(*(place_flash_order(infra, wish) for wish in wishes), return_exceptions=True)


async def test_three_hundred_buyers_get_exactly_the_hundred_units(patient: Infra) -> None:
    item = await running_sale(patient, quantity=100)
    results = await outcomes(patient, [order_wish(item) for _ in range(300)])
    assert Counter(type(result) for result in results) == {OrderView: 100, OutOfStock: 200}
    await persist_all(patient)
    accepted = {result.id for result in results if isinstance(result, OrderView)}
    assert await orders_in(patient) == dict.fromkeys(accepted, OrderStatus.AWAITING_PAYMENT)
    await assert_adds_up(patient, item, remaining=0)


async def test_units_that_do_not_fit_are_not_taken_in_part(infra: Infra) -> None:
    item = await running_sale(infra, quantity=3)
    await place_flash_order(infra, order_wish(item, quantity=2))
    with pytest.raises(OutOfStock) as refused:
        await place_flash_order(infra, order_wish(item, quantity=2))
    assert refused.value.available == 1
    live = await counters(infra, item)
    assert (live.remaining, len(live.pending), len(live.buyers), len(live.keys)) == (1, 1, 1, 1)


async def test_a_limit_counts_over_orders_and_forgets_cancelled_ones(infra: Infra) -> None:
    item = await running_sale(infra, quantity=10, limit=3)
    customer = new_id()
    first = await place_flash_order(infra, order_wish(item, customer=customer, quantity=2))
    with pytest.raises(PurchaseLimitReached) as refused:
        await place_flash_order(infra, order_wish(item, customer=customer, quantity=2))
    assert (refused.value.limit, refused.value.already_ordered) == (3, 2)
    await place_flash_order(infra, order_wish(item, customer=customer))
    await persist_all(infra)
    with pytest.raises(PurchaseLimitReached):
        await place_flash_order(infra, order_wish(item, customer=customer))
    await cancel_order(infra, Cancellation(customer, first.id, None, "cancel"))
    again = await place_flash_order(infra, order_wish(item, customer=customer, quantity=2))
    await persist_all(infra)
    assert (await orders_in(infra))[again.id] == OrderStatus.AWAITING_PAYMENT
    await assert_adds_up(infra, item, remaining=7)


async def test_one_customers_orders_at_once_do_not_pass_the_limit(patient: Infra) -> None:
    item = await running_sale(patient, quantity=50, limit=3)
    customer = new_id()
    results = await outcomes(patient, [order_wish(item, customer=customer) for _ in range(12)])
    assert Counter(type(result) for result in results) == {OrderView: 3, PurchaseLimitReached: 9}
    assert (await counters(patient, item)).remaining == 47


@pytest.mark.parametrize(("fast", "starts", "ends"), [(3, 1, 2), (-3, -2, -1)])
async def test_the_window_is_by_the_clock_of_redis(
    settings: Settings, infra: Infra, fast: int, starts: int, ends: int
) -> None:
    """A server whose clock is hours off neither opens a sale early nor keeps it open."""
    variant = await variant_in_stock(infra)
    now = utc_now()
    async with open_infra(settings, clock=lambda: utc_now() + timedelta(hours=fast)) as wrong:
        draft = SaleDraft(
            "Window",
            now + timedelta(hours=starts),
            now + timedelta(hours=ends),
            (ItemDraft(variant.sku, Decimal("5.00"), 4, 4),),
        )
        opened = wrong if fast < 0 else infra
        sale_id = await schedule_flash_sale(opened, draft, "test")
        sale = (await find_sales(opened, [sale_id]))[sale_id]
        item = await find_item(wrong, sale.item_ids[0])
        with pytest.raises(FlashSaleNotRunning):
            await place_flash_order(wrong, order_wish(item))
    live = await counters(infra, item)
    assert (live.remaining, live.pending, live.buyers) == (4, set(), {})


async def test_the_same_key_twenty_times_at_once_is_one_order(patient: Infra) -> None:
    item = await running_sale(patient, quantity=20)
    wish = order_wish(item, quantity=2)
    results = await outcomes(patient, [wish] * 20)
    assert {type(result) for result in results} == {OrderView}
    assert len({result.id for result in results if isinstance(result, OrderView)}) == 1
    await persist_all(patient)
    assert list((await orders_in(patient)).values()) == [OrderStatus.AWAITING_PAYMENT]
    await assert_adds_up(patient, item, remaining=18)


async def test_a_key_of_another_item_conflicts_and_gives_back_what_it_took(infra: Infra) -> None:
    item, other = await running_sale(infra, quantity=5), await running_sale(infra, quantity=5)
    wish = order_wish(item)
    first = await place_flash_order(infra, wish)
    with pytest.raises(IdempotencyConflict):
        await place_flash_order(infra, order_wish(other, like=wish))
    live = await counters(infra, other)
    assert (live.remaining, live.pending, live.buyers, live.keys) == (5, set(), {}, set())
    assert (await place_flash_order(infra, wish)).id == first.id
    await persist_all(infra)
    assert list(await orders_in(infra)) == [first.id]


async def test_the_same_key_for_two_items_at_once_buys_one_of_them(patient: Infra) -> None:
    items = [await running_sale(patient, quantity=5) for _ in range(2)]
    wish = order_wish(items[0])
    results = await outcomes(patient, [wish, order_wish(items[1], like=wish)] * 5)
    accepted = {result.id for result in results if isinstance(result, OrderView)}
    assert len(accepted) == 1
    assert Counter(type(result) for result in results) == {OrderView: 5, IdempotencyConflict: 5}
    await persist_all(patient)
    assert set(await orders_in(patient)) == accepted
    assert sorted([(await counters(patient, item)).remaining or 0 for item in items]) == [4, 5]


async def test_a_paused_sale_sells_nothing_and_still_knows_its_orders(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    first = await place_flash_order(infra, wish)
    await persist_all(infra)
    async with infra.database.write() as session:
        await session.execute(update(FlashSale).where(FlashSale.id == item.sale_id).values(paused=True))
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    with pytest.raises(FlashSaleNotRunning):
        await place_flash_order(infra, order_wish(item))
    assert (await place_flash_order(infra, wish)).id == first.id
    await assert_adds_up(infra, item, remaining=4)


async def test_a_sale_long_over_knows_its_orders_without_its_counters(settings: Settings, infra: Infra) -> None:
    item, other = await running_sale(infra, quantity=5), await running_sale(infra, quantity=5)
    wish = order_wish(item)
    order = await place_flash_order(infra, wish)
    await persist_all(infra)
    over = utc_now() - timedelta(minutes=2)
    async with infra.database.write() as session:
        await session.execute(update(FlashSale).values(starts_at=over - timedelta(hours=1), ends_at=over))
    await infra.redis.client.delete(*ItemKeys.of(item.sku, item.id).all(), *ItemKeys.of(other.sku, other.id).all())
    async with open_infra(settings) as later:
        again = await place_flash_order(later, wish)
        assert (again.id, again.status) == (order.id, OrderStatus.AWAITING_PAYMENT)
        for changed in (order_wish(item, like=wish, quantity=2), order_wish(other, like=wish)):
            with pytest.raises(IdempotencyConflict):
                await place_flash_order(later, changed)
        with pytest.raises(FlashSaleNotRunning) as refused:
            await place_flash_order(later, order_wish(item))
        assert refused.value.ends_at == over
    assert list(await orders_in(infra)) == [order.id]


@ON_STACK
async def test_a_refused_message_gives_everything_back(settings: Settings, infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    async with open_infra(_without_kafka(settings)) as cut_off:
        with pytest.raises(TryAgain):
            await place_flash_order(cut_off, wish)
    live = await counters(infra, item)
    assert (live.remaining, live.pending, live.buyers, live.keys) == (5, set(), {}, set())
    await place_flash_order(infra, wish)
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=4)


@ON_STACK
async def test_a_refused_message_undoes_no_order_that_a_retry_published(settings: Settings, infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    async with open_infra(_without_kafka(settings)) as cut_off:
        refused = asyncio.create_task(place_flash_order(cut_off, wish))
        await until(lambda: counters(infra, item), lambda live: len(live.pending) == 1)
        accepted = await place_flash_order(infra, wish)
        with pytest.raises(TryAgain):
            await refused
    assert (await counters(infra, item)).remaining == 4
    assert (await place_flash_order(infra, wish)).id == accepted.id
    await persist_all(infra)
    assert await orders_in(infra) == {accepted.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


def _without_kafka(settings: Settings) -> Settings:
    return settings.model_copy(update={"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"})
