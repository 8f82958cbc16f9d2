"""Several items of one sale in one order: all of them or nothing, also when somebody dies half way."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot
from services.flash_sale.find_ordered import Wanted
from services.flash_sale.load_item import load_item
from services.order.abandon_unconfirmed import abandon_unconfirmed
from services.order.cancel_order import Cancellation, cancel_order
from services.order.find_orders import find_order
from services.order.persist_first import persist_first
from services.order.place_flash_order import FlashOrder, _snapshot, place_flash_order
from services.order.quote_flash_order import FlashQuoteWish, quote_flash_order
from services.reconcile.reconcile import reconcile
from services.reservation.keys import busy_key
from services.reservation.reserve import reserve
from services.reservation.reserve_order import reserve_order
from services.shared.errors import IdempotencyConflict, InvalidInput, OutOfStock, PurchaseLimitReached, TryAgain
from services.shared.event import encode
from services.shared.events import ORDERS, OrderPlaced
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import live_remaining, order_wish, running_sale, sale_of_several
from tests.integration.test_flash_charges import click
from tests.modes import ONE_MODE
from tests.workers import persist_all

NOW = timedelta(0)


def wish_of(
    items: list[FlashItemDoc], *quantities: int, key: str = "key", customer: UUID | None = None
) -> FlashOrder:
    (first, *others), (quantity, *more) = items, quantities
    wanted = tuple(Wanted(item.id, n) for item, n in zip(others, more, strict=True))
    return FlashOrder(customer or new_id(), first.id, quantity, key, others=wanted)


def bare(infra: Infra, items: list[FlashItemDoc], wish: FlashOrder) -> OrderSnapshot:
    units = dict(wish.wanted)
    return _snapshot(infra, [(item, units[item.id]) for item in items], wish)


async def left(infra: Infra, items: list[FlashItemDoc]) -> list[int]:
    return [await live_remaining(infra, item) for item in items]


async def test_all_or_nothing_and_once(infra: Infra) -> None:
    items = await sale_of_several(infra, 5, 4, 3, limit=3)
    wish = wish_of(items, 1, 2, 3)
    order = await place_flash_order(infra, wish)
    assert [(line.sku, line.quantity) for line in order.lines] == [
        (item.sku, n + 1) for n, item in enumerate(items)
    ]
    # In whatever order it is asked for, it is the same.
    turned = replace(
        wish, item_id=items[2].id, quantity=3, others=(Wanted(items[1].id, 2), Wanted(items[0].id, 1))
    )
    assert await place_flash_order(infra, turned) == order
    with pytest.raises(IdempotencyConflict):
        await place_flash_order(infra, replace(turned, others=turned.others[:1]))
    refusals: list[tuple[FlashOrder, type[Exception]]] = [
        (wish_of(items, 1, 1, 1), OutOfStock),
        (wish_of(items[:2], 1, 4), PurchaseLimitReached),
        (wish_of(items[:2], 1, 2, key="more", customer=wish.customer_id), PurchaseLimitReached),
    ]
    for refused, error in refusals:
        with pytest.raises(error):
            await place_flash_order(infra, refused)
    assert await left(infra, items) == [4, 2, 0]
    assert [sorted((await counters(infra, item)).pending) for item in items] == [[order.id.hex]] * 3
    # Its customer sees it, and can have it persisted, before a worker comes.
    assert await find_order(infra, order.id, wish.customer_id) == order
    await persist_first(infra, wish.customer_id, order.id)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    await persist_all(infra)
    assert (await place_flash_order(infra, wish)).id == order.id
    for item, remaining in zip(items, (4, 2, 0), strict=True):
        await assert_adds_up(infra, item, remaining=remaining)
    await cancel_order(infra, Cancellation(wish.customer_id, order.id, None, "cancel"))
    await persist_all(infra)
    assert await left(infra, items) == [5, 4, 3]
    assert (await reconcile(infra)).differences == []


async def test_what_is_quoted_together_is_ordered_together(infra: Infra) -> None:
    items, customer = await sale_of_several(infra, 5, 4, price="5.00"), new_id()
    asked = FlashQuoteWish(customer, items[1].id, 2, others=(Wanted(items[0].id, 1),))
    made = await quote_flash_order(infra, asked)
    assert (made.charges.subtotal, made.charges.total) == (1500, 1500)
    order = await place_flash_order(infra, click(made))
    assert (order.total, await left(infra, items)) == (1500, [4, 2])
    with pytest.raises(InvalidInput):
        await place_flash_order(infra, replace(click(made), others=()))


async def test_one_that_died_half_way_is_undone_and_nobody_completes_it(infra: Infra) -> None:
    items = await sale_of_several(infra, 5, 5)
    wish = wish_of(items, 1, 1)
    lost = bare(infra, items, wish)
    await reserve(infra, lost, lost.lines[0])
    with pytest.raises(TryAgain):
        await place_flash_order(infra, wish)
    assert await left(infra, items) == [4, 5]
    assert await abandon_unconfirmed(infra, older_than=NOW) == 1
    order = await place_flash_order(infra, wish)
    assert order.id != lost.id
    # It is in the log after all, as of a sender that hung: the barrier stops it.
    await infra.events.publish(ORDERS, lost.id.hex, encode(OrderPlaced(lost.placed(infra.now(), 1)), infra.now()))
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    for item in items:
        await assert_adds_up(infra, item, remaining=4)


async def test_one_whose_publishing_is_unknown_is_decided_as_a_whole(infra: Infra) -> None:
    items = await sale_of_several(infra, 5, 5)
    wish, published = wish_of(items, 1, 1), wish_of(items, 2, 2)
    lost = (await reserve_order(infra, bare(infra, items, wish))).snapshot
    kept = (await reserve_order(infra, bare(infra, items, published))).snapshot
    assert lost is not None
    assert kept is not None
    await infra.events.publish(ORDERS, kept.id.hex, encode(OrderPlaced(kept), infra.now()))
    deciding = asyncio.create_task(abandon_unconfirmed(infra, older_than=NOW))
    await asyncio.sleep(0)
    await persist_all(infra)
    assert await deciding == 2  # both parts of the one
    assert await orders_in(infra) == {kept.id: OrderStatus.AWAITING_PAYMENT}
    assert (await place_flash_order(infra, published)).id == kept.id
    assert (await place_flash_order(infra, wish)).id != lost.id
    await persist_all(infra)
    for item in items:
        await assert_adds_up(infra, item, remaining=2)


async def test_counters_of_one_item_that_are_loaded_again_give_up_the_whole_order(infra: Infra) -> None:
    """Published after the second item's counters were replaced: nobody was told that it is accepted."""
    items = await sale_of_several(infra, 5, 5)
    wish = wish_of(items, 1, 1)
    stale = (await reserve_order(infra, bare(infra, items, wish))).snapshot
    assert stale is not None
    await load_item(infra, items[1].sku, items[1].id, settle=0.0, drain=False, force=True)
    with pytest.raises(TryAgain):
        await place_flash_order(infra, wish)
    assert await left(infra, items) == [4, 5]
    await infra.events.publish(ORDERS, stale.id.hex, encode(OrderPlaced(stale), infra.now()))
    await persist_all(infra)
    assert await orders_in(infra) == {}
    assert await left(infra, items) == [5, 5]
    order = await place_flash_order(infra, wish)  # its key is free again on both
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    for item in items:
        await assert_adds_up(infra, item, remaining=4)


async def test_one_key_pressed_many_times_at_once_makes_one_order(infra: Infra) -> None:
    items = await sale_of_several(infra, 5, 5)
    wish = wish_of(items, 1, 1)

    async def press() -> Any:
        while True:
            try:
                return (await place_flash_order(infra, wish)).id
            except TryAgain:
                await asyncio.sleep(0.01)

    assert len(set(await asyncio.gather(*(press() for _ in range(8))))) == 1
    assert await left(infra, items) == [4, 4]
    assert await infra.redis.client.exists(busy_key(wish.customer_id, b"key".hex())) == 0


@ONE_MODE
async def test_what_is_no_order_of_several_is_named(infra: Infra) -> None:
    items, other = await sale_of_several(infra, 5, 5), await running_sale(infra, quantity=5)
    for wrong, at in (
        (wish_of([items[0], other], 1, 1), ["others", "0", "itemId"]),
        (wish_of([items[0], items[0]], 1, 1), ["others", "0", "itemId"]),
        (wish_of(items, 1, 0), ["others", "0", "quantity"]),
        (replace(order_wish(items[0]), others=(Wanted(items[1].id, 1),) * 20), ["others"]),
    ):
        with pytest.raises(InvalidInput) as refused:
            await place_flash_order(infra, wrong)
        assert [list(problem.path[1:]) for problem in refused.value.problems] == [at]
    assert await left(infra, [*items, other]) == [5, 5, 5]
