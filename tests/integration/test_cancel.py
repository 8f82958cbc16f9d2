"""Cancelling: whoever asks how often and when, the units come back once."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus
from models.order_document import OrderView
from services.flash_sale.warm_flash_sales import has_lost_counters
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.order.find_orders import find_order
from services.order.persist_first import may_still_arrive
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.keys import ItemKeys, accepted_key
from services.shared.errors import IdempotencyConflict, InvalidInput, InvalidTransition, NotFound, TryAgain
from services.shared.events import OrderCancelled, OrderExpired
from tests.books import assert_adds_up, causes, counters, orders_in, outbox_types
from tests.factories import make_due, order_wish, running_sale
from tests.integration.catalog.products import without_redis
from tests.modes import ONE_MODE
from tests.observer import observer
from tests.waiting import until
from tests.workers import persist_all, working


def cancellation(order: OrderView, *, key: str = "cancel", reason: str | None = None) -> Cancellation:
    return Cancellation(order.customer_id, order.id, reason, key)


async def persisted(infra: Infra, wish: FlashOrder) -> OrderView:
    order = await place_flash_order(infra, wish)
    await persist_all(infra)
    return order


async def test_cancelling_gives_back_once_whatever_is_repeated(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await persisted(infra, order_wish(item, quantity=2))
    first = await cancel_order(infra, cancellation(order, reason="too late"))
    assert (first.status, first.history[-1].note) == (OrderStatus.CANCELLED, "too late")
    again = await cancel_order(infra, cancellation(order, reason="too late"))
    another_key = await cancel_order(infra, cancellation(order, key="other", reason="too late"))
    assert again == first == another_key
    with pytest.raises(IdempotencyConflict):
        await cancel_order(infra, cancellation(order, reason="another reason"))
    assert await outbox_types(infra) == [OrderCancelled.type]
    await persist_all(infra)
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 1, "RELEASED": 1}
    await assert_adds_up(infra, item, remaining=5)


async def test_an_order_that_only_redis_has_is_persisted_and_cancelled(infra: Infra) -> None:
    """The message that the worker reads later finds the barrier's row."""
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item, quantity=2)
    order = await place_flash_order(infra, wish)
    assert (await cancel_order(infra, cancellation(order))).status == OrderStatus.CANCELLED
    assert (await counters(infra, item)).remaining == 5
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.CANCELLED}
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 1, "RELEASED": 1}
    assert (await place_flash_order(infra, wish)).status == OrderStatus.CANCELLED
    await assert_adds_up(infra, item, remaining=5)


@pytest.mark.parametrize("stored", [False, True])
async def test_anothers_order_is_not_found_and_stays(infra: Infra, stored: bool) -> None:
    item = await running_sale(infra, quantity=5)
    order = await place_flash_order(infra, order_wish(item))
    if stored:
        await persist_all(infra)
    stranger = Cancellation(new_id(), order.id, None, "cancel")
    for wish in (stranger, Cancellation(order.customer_id, new_id(), None, "cancel")):
        with pytest.raises(NotFound):
            await cancel_order(infra, wish)
    seen = await find_order(infra, order.id, order.customer_id)
    assert seen is not None
    assert seen.status == (OrderStatus.AWAITING_PAYMENT if stored else OrderStatus.ACCEPTED)
    assert (await counters(infra, item)).remaining == 4
    assert await outbox_types(infra) == []


@ONE_MODE
async def test_staff_cancel_anyones_order(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await persisted(infra, order_wish(item))
    staff = Cancellation(new_id(), order.id, None, "cancel", any_owner=True)
    assert (await cancel_order(infra, staff)).status == OrderStatus.CANCELLED
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=5)


async def test_an_expired_order_cannot_be_cancelled(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await persisted(infra, order_wish(item))
    await make_due(infra)
    assert await expire_due_orders(infra) == 1
    with pytest.raises(InvalidTransition) as refused:
        await cancel_order(infra, cancellation(order))
    assert (refused.value.source, refused.value.target) == ("EXPIRED", "CANCELLED")
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.EXPIRED}
    await assert_adds_up(infra, item, remaining=5)


@ONE_MODE
async def test_wrong_input_is_named_and_changes_nothing(infra: Infra) -> None:
    item = await running_sale(infra, quantity=1)
    order = await place_flash_order(infra, order_wish(item))
    for key, reason in [("", None), ("k" * 129, None), (" k", None), ("k", "x" * 501)]:
        with pytest.raises(InvalidInput) as refused:
            await cancel_order(infra, cancellation(order, key=key, reason=reason))
        assert refused.value.problems[0].path == ("input", "idempotencyKey" if reason is None else "reason")
    assert (await counters(infra, item)).pending == {order.id.hex}


async def test_the_same_cancellation_many_times_at_once_is_one(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await persisted(infra, order_wish(item, quantity=3))
    async with observer(infra.settings) as patient:
        views = await asyncio.gather(*(cancel_order(patient, cancellation(order)) for _ in range(8)))
    assert {view.status for view in views} == {OrderStatus.CANCELLED}
    await persist_all(infra)
    assert await causes(infra, item.sku) == {"RECEIVED": 1, "SET_ASIDE": 1, "HELD": 1, "RELEASED": 1}
    await assert_adds_up(infra, item, remaining=5)


async def test_cancelling_and_expiring_race_and_one_wins(infra: Infra) -> None:
    item = await running_sale(infra, quantity=12)
    orders = [await place_flash_order(infra, order_wish(item)) for _ in range(12)]
    await persist_all(infra)
    await make_due(infra)
    async with observer(infra.settings) as patient:
        cancelling = [cancel_order(patient, cancellation(order)) for order in orders]
        *results, expired, also = await asyncio.gather(
            *cancelling, expire_due_orders(patient), expire_due_orders(patient), return_exceptions=True
        )
    kinds = Counter(type(result) for result in results)
    assert kinds.keys() <= {OrderView, InvalidTransition}
    assert isinstance(expired, int)
    assert isinstance(also, int)
    assert kinds[InvalidTransition] == expired + also
    statuses = Counter((await orders_in(infra)).values())
    assert statuses == +Counter(
        {OrderStatus.CANCELLED: kinds[OrderView], OrderStatus.EXPIRED: kinds[InvalidTransition]}
    )
    assert Counter(await outbox_types(infra)) == +Counter(
        {OrderCancelled.type: kinds[OrderView], OrderExpired.type: kinds[InvalidTransition]}
    )
    await persist_all(infra)
    assert (await causes(infra, item.sku))["RELEASED"] == 12
    await assert_adds_up(infra, item, remaining=12)


@pytest.mark.usefixtures("settles_soon")
async def test_an_order_that_redis_has_forgotten_is_on_its_way_and_not_missing(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await place_flash_order(infra, order_wish(item))
    # Its message is in the log; the database will have it from there.
    await infra.redis.client.delete(*ItemKeys.of(item.sku, item.id).all(), accepted_key(order.customer_id))
    with pytest.raises(TryAgain):
        await cancel_order(infra, cancellation(order))
    with pytest.raises(StoreUnavailable):
        await find_order(infra, order.id, order.customer_id)
    assert await find_order(infra, new_id(), None) is None  # staff see what is persisted
    async with without_redis(infra) as lonely:  # away after it was found empty, it cannot say that it is whole
        assert await may_still_arrive(lonely, order.id, order.customer_id)
        with pytest.raises(StoreUnavailable):
            await find_order(lonely, order.id, order.customer_id)
    # So old an order is in the database, or nowhere.
    old = UUID(int=order.id.int - (1 << 100))
    assert await find_order(infra, old, order.customer_id) is None
    async with working(infra):
        await until(lambda: has_lost_counters(infra), lambda lost: not lost)
        assert (await cancel_order(infra, cancellation(order))).status == OrderStatus.CANCELLED
    stranger = new_id()
    with pytest.raises(NotFound):
        await cancel_order(infra, Cancellation(stranger, order.id, None, "cancel"))
    assert await find_order(infra, order.id, stranger) is None
