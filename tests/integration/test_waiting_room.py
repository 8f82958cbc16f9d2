"""The waiting room: places in the order of arrival, kept whatever dies; a pass is needed, and enough."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from infra.ids import new_id
from infra.runtime import Infra, open_infra
from infra.signing_keys import SigningKeys
from models import FlashSale, Role, SaleTicket, User
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.find_items import find_item
from services.flash_sale.list_sales import find_sales
from services.flash_sale.states import SaleAction
from services.order.place_flash_order import place_flash_order
from services.session.access_tokens import AccessTokens, InvalidToken
from services.shared.errors import (
    AdmissionRequired,
    FlashSaleNotRunning,
    FlashSaleStateConflict,
    InvalidInput,
    NotFound,
)
from services.waiting_room.enter_sale import enter_sale
from services.waiting_room.find_ticket import find_ticket
from services.waiting_room.follow_ticket import follow_ticket
from services.waiting_room.forget_tickets import forget_tickets
from services.waiting_room.passes import TTL, Passes
from services.waiting_room.set_room import set_room
from services.waiting_room.ticket import Ticket
from settings import Settings
from tests.factories import order_wish, running_sale, sale_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.modes import ONE_MODE


@pytest.fixture
async def other(settings: Settings) -> AsyncIterator[Infra]:
    """Another process."""
    async with open_infra(settings) as opened:
        yield opened


async def room_before(infra: Infra, *, rate: int = 1, starts_in: float = 3600.0) -> FlashItemDoc:
    sku = (await variant_in_stock(infra, on_hand=50)).sku
    item = await sale_of(infra, sku, quantity=50, starts_in=starts_in)
    await set_room(infra, item.sale_id, rate)
    return item


def later(infra: Infra, seconds: float) -> Infra:
    return replace(infra, now=lambda: infra.now() + timedelta(seconds=seconds))


async def enter(infra: Infra, item: FlashItemDoc, customer: UUID) -> Ticket:
    return await enter_sale(infra, item.sale_id, customer)


async def test_places_in_the_order_of_arrival_and_twice_is_once(infra: Infra, other: Infra) -> None:
    item = await room_before(infra, rate=2)
    people = [new_id() for _ in range(40)]
    first = await asyncio.gather(*(enter(infra, item, one) for one in people[:20]))
    assert [ticket.position for ticket in first] == list(range(1, 21))
    mixed = await asyncio.gather(
        *(enter(process, item, one) for one in people for process in (infra, other)), return_exceptions=True
    )
    tickets = [ticket for ticket in mixed if isinstance(ticket, Ticket)]
    assert len(tickets) == 80
    assert {t.customer_id: t.position for t in tickets[:40]} == {t.customer_id: t.position for t in first}
    assert sorted({ticket.position for ticket in tickets}) == list(range(1, 41))
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(SaleTicket)) == 40
    assert (first[9].ahead, first[9].admitted) == (9, False)
    assert 3600 < first[9].wait.total_seconds() <= 3605


async def test_the_line_outlives_processes_and_redis(infra: Infra, other: Infra) -> None:
    item = await room_before(infra)
    people = [new_id() for _ in range(3)]
    for one in people:
        await enter(infra, item, one)
    await infra.redis.client.flushdb()
    for position, one in enumerate(people, start=1):
        found = await find_ticket(other, item.sale_id, one)
        assert found is not None
        assert found.position == position
    assert (await enter(other, item, new_id())).position == 4


async def test_who_looks_together_shares_the_statement(infra: Infra) -> None:
    item = await room_before(infra)
    people = [new_id() for _ in range(30)]
    with statements(infra) as entering:
        await asyncio.gather(*(enter(infra, item, one) for one in people))
    assert len(entering) <= 12
    with statements(infra) as looking:
        found = await asyncio.gather(*(find_ticket(infra, item.sale_id, one) for one in people))
    assert [ticket.position for ticket in found if ticket] == list(range(1, 31))
    assert len(looking) <= 2


async def test_a_pass_is_needed_and_enough(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await set_room(infra, item.sale_id, 1000)
    ada, eve = new_id(), new_id()
    wish = order_wish(item, customer=ada)
    with pytest.raises(AdmissionRequired):
        await place_flash_order(infra, wish)
    with pytest.raises(AdmissionRequired):
        await place_flash_order(infra, replace(wish, admitted_to=new_id()))
    await enter(infra, item, ada)
    ticket = await find_ticket(later(infra, 1), item.sale_id, ada)
    assert ticket is not None
    assert ticket.admitted
    passes = Passes(SigningKeys.from_settings(infra.settings), infra.now)
    given = passes.issue(ticket)
    assert passes.sale_of(given.text, ada) == item.sale_id
    assert passes.sale_of(given.text, eve) is None
    order = await place_flash_order(infra, replace(wish, admitted_to=passes.sale_of(given.text, ada)))
    # The retry needs none: it finds its order.
    assert (await place_flash_order(infra, wish)).id == order.id


@ONE_MODE
async def test_forged_old_and_other_tokens_are_no_passes(infra: Infra, settings: Settings) -> None:
    item = await running_sale(infra, quantity=5)
    keys = SigningKeys.from_settings(settings)
    passes, ada = Passes(keys, infra.now), new_id()
    ticket = Ticket(item.sale_id, ada, 1, 0, timedelta(0), infra.now() + timedelta(days=1))
    given = passes.issue(ticket)
    assert given.expires_at - infra.now() <= TTL
    assert Passes(keys, lambda: infra.now() + TTL).sale_of(given.text, ada) is None
    head, body, _ = given.text.split(".")
    access = AccessTokens(keys, ttl=60)
    token = access.issue(User(id=ada, roles=[Role.CUSTOMER])).token
    for wrong in (None, "", "x", "a.b.c", f"{head}.{body}.", f"{head}.{body}.AAAA", "é" * 10, "x" * 5000, token):
        assert passes.sale_of(wrong, ada) is None
    with pytest.raises(InvalidToken):
        access.verify(given.text)
    ending = passes.issue(replace(ticket, ends_at=infra.now() + timedelta(seconds=5)))
    assert ending.expires_at - infra.now() <= timedelta(seconds=6)


async def test_staff_change_the_rate_and_nobody_is_let_out_again(infra: Infra) -> None:
    item = await room_before(infra, rate=10, starts_in=-60)
    people = [new_id() for _ in range(200)]
    await asyncio.gather(*(enter(infra, item, one) for one in people))
    soon = later(infra, 5)
    await set_room(soon, item.sale_id, 1)
    through = [await find_ticket(soon, item.sale_id, one) for one in (people[40], people[199])]
    assert [ticket.admitted for ticket in through if ticket] == [True, False]
    last = through[1]
    assert last is not None
    assert last.wait > timedelta(seconds=100)
    assert (await find_sales(infra, [item.sale_id]))[item.sale_id].admit_per_second == 1
    await set_room(soon, item.sale_id, 1)  # is so already
    version = (await find_sales(infra, [item.sale_id]))[item.sale_id].version
    await set_room(soon, item.sale_id, None)
    assert (await find_sales(infra, [item.sale_id]))[item.sale_id].version == version + 1
    assert not (await find_item(infra, item.id)).needs_pass
    await place_flash_order(infra, order_wish(item))
    with pytest.raises(InvalidInput):
        await enter(infra, item, new_id())
    await set_room(soon, item.sale_id, 1)
    again = await find_ticket(later(soon, 1), item.sale_id, people[199])
    assert again is not None
    assert again.admitted


@ONE_MODE
async def test_what_cannot_be(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    with pytest.raises(NotFound):
        await enter_sale(infra, new_id(), new_id())
    with pytest.raises(InvalidInput):
        await enter(infra, item, new_id())
    for rate in (0, -1, 100_001):
        with pytest.raises(InvalidInput):
            await set_room(infra, item.sale_id, rate)
    with pytest.raises(NotFound):
        await set_room(infra, new_id(), 5)
    assert await find_ticket(infra, item.sale_id, new_id()) is None
    await set_room(infra, item.sale_id, 5)
    ticket = await enter(infra, item, new_id())
    await change_state(infra, StateChange(item.sale_id, SaleAction.END))
    assert await find_ticket(infra, item.sale_id, ticket.customer_id) is None
    with pytest.raises(FlashSaleNotRunning):
        await enter(infra, item, ticket.customer_id)
    with pytest.raises(FlashSaleStateConflict):
        await set_room(infra, item.sale_id, 6)


async def test_a_follower_moves_up_and_is_let_in(infra: Infra) -> None:
    item = await room_before(infra, rate=2, starts_in=-60)
    for _ in range(5):
        await enter(infra, item, new_id())
    me = new_id()
    mine = await enter(infra, item, me)
    assert mine.position == 6
    async with aclosing(follow_ticket(infra, item.sale_id, me)) as following:
        seen = [ticket async for ticket in following]
    assert [ticket.position for ticket in seen] == [6] * len(seen)
    ahead = [ticket.ahead for ticket in seen]
    assert ahead == sorted(ahead, reverse=True)
    assert [ticket.admitted for ticket in seen] == [False] * (len(seen) - 1) + [True]
    with pytest.raises(NotFound):
        await anext(follow_ticket(infra, item.sale_id, new_id()))


async def test_without_a_room_the_hot_path_asks_for_nothing_more(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await place_flash_order(infra, order_wish(item))
    with statements(infra) as seen:
        await place_flash_order(infra, order_wish(item))
    assert seen == []


async def test_tickets_are_forgotten_days_after_the_settlement(infra: Infra) -> None:
    over, running = await room_before(infra, starts_in=-60), await room_before(infra, starts_in=-60)
    for item in (over, over, running):
        await enter(infra, item, new_id())
    async with infra.database.write() as session:
        settled = update(FlashSale).where(FlashSale.id == over.sale_id)
        await session.execute(settled.values(settled_at=infra.now() - timedelta(days=2, minutes=1)))
    assert [await forget_tickets(infra) for _ in range(2)] == [2, 0]
    async with infra.database.read() as session:
        assert list(await session.scalars(select(SaleTicket.sale_id))) == [running.sale_id]
