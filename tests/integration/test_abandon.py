"""Reservations that nobody published: undone once the log proves it, and never before."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.runtime import Infra
from models import Barrier, OrderStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot
from services.order import abandon_unconfirmed as abandoning
from services.order.abandon_unconfirmed import abandon_unconfirmed, find_unconfirmed
from services.order.persist_orders import persist_orders
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.reserve_order import reserve_order
from services.shared.errors import TryAgain
from services.shared.event import encode
from services.shared.events import ORDERS, OrderPlaced
from settings import Settings
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import bare_order, live_remaining, order_wish, running_sale
from tests.workers import persist_all

NOW = timedelta(0)


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """Patient: nothing here is about the time that a store takes, and the machine may be busy."""
    return settings.model_copy(update={"store_timeout": 2.0})


async def reserved(infra: Infra, item: FlashItemDoc, wish: FlashOrder) -> OrderSnapshot:
    """What is left of a request that died after the reservation."""
    snapshot = bare_order(infra, item, wish)
    made = await reserve_order(infra, snapshot)
    assert made.snapshot is not None
    return made.snapshot


async def publish(infra: Infra, order: OrderSnapshot) -> None:
    await infra.events.publish(ORDERS, order.id.hex, encode(OrderPlaced(order), infra.now()))


async def test_what_was_never_published_is_undone_and_its_key_is_free(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5, limit=2)
    wish = order_wish(item, quantity=2)
    lost = await reserved(infra, item, wish)
    assert await abandon_unconfirmed(infra) == 0  # too young to decide
    assert (await counters(infra, item)).pending == {lost.id.hex}
    assert await abandon_unconfirmed(infra, older_than=NOW) == 1
    live = await counters(infra, item)
    assert (live.remaining, live.buyers, live.keys, live.pending) == (5, {}, set(), set())
    async with infra.database.read() as session:
        [row] = await session.scalars(select(Barrier))
    assert (row.saga_id, row.operation, row.reason) == (lost.id, "persist", "abandoned")
    assert await abandon_unconfirmed(infra, older_than=NOW) == 0

    again = await place_flash_order(infra, wish)
    assert again.id != lost.id
    await publish(infra, lost)  # it comes after all: the barrier stops it
    await persist_all(infra)
    assert await orders_in(infra) == {again.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=3)


async def test_what_a_retry_touched_meanwhile_is_kept(infra: Infra) -> None:
    """Seen as doubtful, then retried, all in one millisecond if need be: the retry's order is not undone."""
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    order = await reserved(infra, item, wish)
    doubtful = await find_unconfirmed(infra, NOW)
    assert [entry.order.id for entry in doubtful] == [order.id]
    accepted = await place_flash_order(infra, wish)
    assert accepted.id == order.id
    assert await abandoning._decide(infra, doubtful) == 0
    await persist_all(infra)
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


async def test_a_round_takes_some_and_the_next_the_rest(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abandoning, "_AT_ONCE", 2)
    item = await running_sale(infra, quantity=5)
    for _ in range(3):
        await reserved(infra, item, order_wish(item))
    assert [await abandon_unconfirmed(infra, older_than=NOW) for _ in range(3)] == [2, 1, 0]
    assert await live_remaining(infra, item) == 5


async def test_what_is_in_the_log_is_kept(infra: Infra) -> None:
    """The outcome was unknown to the request, the log has it, the worker is behind: wait for the worker."""
    item = await running_sale(infra, quantity=5)
    order = await reserved(infra, item, order_wish(item))
    await publish(infra, order)
    deciding = asyncio.create_task(abandon_unconfirmed(infra, older_than=NOW))
    await asyncio.sleep(0)
    assert not deciding.done()
    await persist_all(infra)
    assert await deciding == 0
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(infra, item, remaining=4)


async def test_a_decision_that_was_cut_off_is_finished_later(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between taking the decision and the barrier: retries wait, and the next round does it."""
    item = await running_sale(infra, quantity=5)
    wish = order_wish(item)
    order = await reserved(infra, item, wish)

    async def dies(*_: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(abandoning, "_close_the_barrier", dies)
    with pytest.raises(ConnectionError):
        await abandon_unconfirmed(infra, older_than=NOW)
    monkeypatch.undo()
    with pytest.raises(TryAgain):
        await place_flash_order(infra, wish)
    assert (await counters(infra, item)).pending == {order.id.hex}
    assert await abandon_unconfirmed(infra, older_than=NOW) == 1
    assert (await place_flash_order(infra, wish)).id != order.id
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=4)


async def test_an_order_whose_confirmation_was_lost_is_confirmed(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    order = await reserved(infra, item, order_wish(item, quantity=2))
    await persist_orders(infra, [order])
    assert await abandon_unconfirmed(infra, older_than=NOW) == 0
    await assert_adds_up(infra, item, remaining=3)
