"""Random walks over everything that can happen to a sale, at once and in any order; then everything must add up.

Each walk is made by a seed, which a failure names. What is asserted in the end are the promises: never oversold,
and whatever a customer was shown as accepted is there, once.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from infra.clock import utc_now
from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models import Order, OrderLine, OrderStatus
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.find_ordered import Wanted, find_ordered
from services.flash_sale.load_item import load_item
from services.flash_sale.settle_sales import settle_sales
from services.flash_sale.states import SaleAction
from services.order.abandon_unconfirmed import abandon_unconfirmed
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.order.keep_orders import accept_window
from services.order.place_flash_order import FlashOrder, _snapshot, place_flash_order
from services.order.quote_flash_order import FlashQuoteWish
from services.payment.arm_flash_order import ArmWish, arm_flash_order, quote_of_armed
from services.payment.sandbox.page import Decision, decide
from services.reconcile.reconcile import reconcile
from services.reservation.keys import ItemKeys
from services.reservation.reserve import NotLoaded, reserve
from services.reservation.reserve_order import reserve_order
from services.shared.errors import (
    FlashSaleNotRunning,
    InvalidTransition,
    NotFound,
    OutOfStock,
    PurchaseLimitReached,
    TryAgain,
)
from services.shared.event import encode
from services.shared.events import ORDERS, OrderPlaced
from settings import Settings
from tests.books import assert_adds_up, orders_in
from tests.factories import bare_order, live_remaining, sale_of_several, stock_of
from tests.integration.money import BASE
from tests.workers import persist_all, working

SECONDS = 2.5
QUANTITY = 12
_OPEN = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)
_REFUSALS = (FlashSaleNotRunning, OutOfStock, PurchaseLimitReached, TryAgain)


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """So impatient that an order may be given up while the walk goes on; see ``abandon``."""
    return settings.model_copy(update={"store_timeout": 0.4, "sweep_interval": 0.2})


@dataclass(slots=True)
class Walk:
    """What one walk knows of what it was told. ``doubted``: it was told to try again, so it was done or not.

    Its orders are of ``item``, or of that and of ``other`` of the same sale.
    """

    infra: Infra
    item: FlashItemDoc
    other: FlashItemDoc
    dice: random.Random
    wishes: list[FlashOrder] = field(default_factory=list)
    accepted: dict[tuple[UUID, str], UUID] = field(default_factory=dict)
    closed: set[UUID] = field(default_factory=set)
    doubted: set[UUID] = field(default_factory=set)
    armed: set[tuple[UUID, str]] = field(default_factory=set)
    customers: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(6)])

    async def buy(self) -> None:
        customer, units = self.dice.choice(self.customers), self.dice.randint(1, 3)
        others = (Wanted(self.other.id, self.dice.randint(1, 2)),) if self.dice.random() < 0.5 else ()
        wish = FlashOrder(customer, self.item.id, units, f"k{len(self.wishes)}", others=others)
        self.wishes.append(wish)
        await self._place(wish)

    async def press(self) -> None:
        """An order that was armed before, of one item or two."""
        customer = self.dice.choice(self.customers)
        others = (Wanted(self.other.id, 1),) if self.dice.random() < 0.5 else ()
        order = FlashQuoteWish(customer, self.item.id, 1, others=others)
        arming = ArmWish(order, "sandbox", None, f"a{self.dice.random()}", BASE)
        try:
            set_up = (await arm_flash_order(self.infra, arming)).set_up
            if set_up is None:
                return
            await decide(self.infra, UUID(set_up), Decision(True), f"{BASE}/hook")
            quote = quote_of_armed(await arm_flash_order(self.infra, arming))
        except _REFUSALS:
            return
        wish = FlashOrder(customer, self.item.id, 1, f"k{len(self.wishes)}", others=others, quote=quote)
        self.wishes.append(wish)
        self.armed.add((customer, wish.idempotency_key))
        await self._place(wish)

    async def retry(self) -> None:
        if self.wishes:
            await self._place(self.dice.choice(self.wishes))

    async def _place(self, wish: FlashOrder) -> None:
        try:
            order = await place_flash_order(self.infra, wish)
        except _REFUSALS:
            return
        key = (wish.customer_id, wish.idempotency_key)
        assert order.status != OrderStatus.REJECTED
        assert self.accepted.setdefault(key, order.id) == order.id, "two orders for one key"

    async def buy_and_die(self) -> None:
        """The process is gone right after the reservation, or half way in it."""
        others = (Wanted(self.other.id, 1),) if self.dice.random() < 0.5 else ()
        wish = FlashOrder(self.dice.choice(self.customers), self.item.id, 1, f"d{len(self.wishes)}", others=others)
        self.wishes.append(wish)
        items = await find_ordered(self.infra, wish.wanted)
        snapshot = _snapshot(self.infra, items, wish)
        try:
            if others and self.dice.random() < 0.5:
                await reserve(self.infra, snapshot, snapshot.lines[0])
            else:
                await reserve_order(self.infra, snapshot)
        except (*_REFUSALS, NotLoaded):
            return

    async def cancel(self) -> None:
        if not self.accepted:
            return
        (customer, _), order = self.dice.choice(list(self.accepted.items()))
        try:
            await cancel_order(self.infra, Cancellation(customer, order, None, f"c{self.dice.random()}"))
        except TryAgain:
            self.doubted.add(order)
        except (InvalidTransition, NotFound):
            return
        else:
            self.closed.add(order)

    async def expire(self) -> None:
        """Time flies for one order of those that wait."""
        async with self.infra.database.write() as session:
            waiting = select(Order.id).where(Order.status == OrderStatus.AWAITING_PAYMENT).order_by(Order.id)
            found = list(await session.scalars(waiting))
            if not found:
                return
            chosen = self.dice.choice(found)
            self.doubted.add(chosen)
            past = utc_now() - timedelta(seconds=1)
            await session.execute(update(Order).where(Order.id == chosen).values(expires_at=past))
        self.closed.add(chosen)
        await asyncio.gather(expire_due_orders(self.infra), expire_due_orders(self.infra))

    async def deliver_again(self) -> None:
        messages = [m for m in await self.infra.events.read_all(ORDERS, 50) if b"order.placed" in m.value]
        if messages:
            message = self.dice.choice(messages)
            await self.infra.events.publish(ORDERS, message.key, message.value)

    async def forge_a_late_message(self) -> None:
        """Of an order that was reserved in a life of the counters that is over, and shown to nobody."""
        wish = FlashOrder(self.dice.choice(self.customers), self.item.id, 2, f"l{self.dice.random()}")
        order = bare_order(self.infra, self.item, wish).placed(utc_now(), 0)
        await self.infra.events.publish(ORDERS, order.id.hex, encode(OrderPlaced(order), utc_now()))

    async def lose_memory(self) -> None:
        """All at once, as it happens; only the log is spared, which the embedded mode has in the same memory."""
        names = [key async for key in self.infra.redis.client.scan_iter("claim:*")]
        names += [key async for key in self.infra.redis.client.scan_iter("flash:*")]
        names += ItemKeys.of(self.other.sku, self.other.id).all()
        await self.infra.redis.client.delete(*names, *ItemKeys.of(self.item.sku, self.item.id).all())
        for item in (self.item, self.other):
            await load_item(self.infra, item.sku, item.id, settle=0.0)

    async def reload(self) -> None:
        item = self.dice.choice((self.item, self.other))
        await load_item(self.infra, item.sku, item.id, settle=0.0, force=True)

    async def abandon(self) -> None:
        await abandon_unconfirmed(self.infra, older_than=timedelta(seconds=accept_window(self.infra) + 0.2))

    async def pause(self) -> None:
        """Every order that is not accepted when the answer comes is undone, wherever its request is."""
        for action in (SaleAction.PAUSE, SaleAction.RESUME):
            with suppress(TryAgain):
                await change_state(self.infra, StateChange(self.item.sale_id, action))

    async def step(self) -> None:
        common: list[Callable[[], Awaitable[None]]] = [self.buy, self.retry, self.cancel]
        rare = [self.buy_and_die, self.expire, self.deliver_again, self.forge_a_late_message, self.abandon]
        rare += [self.pause, self.press]
        pick = self.dice.random()
        if pick < 0.06:
            await self.dice.choice([self.lose_memory, self.reload])()
        else:
            await self.dice.choice(common if pick < 0.75 else rare)()

    async def wander(self, until: float) -> None:
        while time.monotonic() < until:
            with suppress(StoreUnavailable):  # a busy machine
                await self.step()


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_happens_the_promises_hold(infra: Infra, seed: int) -> None:
    items = await sale_of_several(infra, QUANTITY, QUANTITY, limit=5)
    dice = random.Random(seed)
    item, other = dice.sample(items, 2)
    walk = Walk(infra, item, other, dice)
    async with working(infra), asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(walk.wander(time.monotonic() + SECONDS))
    async with open_infra(infra.settings.model_copy(update={"store_timeout": 5.0})) as patient:
        await drain(patient, items)
        walk.infra = patient
        await check(walk)
        await end_and_settle(walk)


async def drain(infra: Infra, items: Sequence[FlashItemDoc]) -> None:
    """Until the log is read, the outbox is empty, and nobody's order is in doubt."""
    await persist_all(infra)
    for item in items:
        await load_item(infra, item.sku, item.id, settle=0.0)
    await abandon_unconfirmed(infra, older_than=timedelta(0))
    await persist_all(infra)


async def check(walk: Walk) -> None:
    stored = await orders_in(walk.infra)
    for key, order in walk.accepted.items():
        assert order in stored, f"{key} was accepted and is gone"
        assert stored[order] != OrderStatus.REJECTED, f"{key} was accepted and then rejected"
        if order not in walk.closed | walk.doubted:
            # What was armed is paid by itself, sooner or later.
            assert stored[order] in (_OPEN if key in walk.armed else _OPEN[:1])
    async with walk.infra.database.read() as session:
        rows = await session.execute(select(Order.customer_id, Order.idempotency_key, Order.id))
        keys = [(row[0], row[1]) for row in rows]
    assert len(keys) == len(set(keys)), "two orders for one key"
    units = select(OrderLine).join(Order, Order.id == OrderLine.order_id)
    for item in (walk.item, walk.other):
        kept = units.where(Order.status.in_(_OPEN), OrderLine.flash_sale_item_id == item.id)
        async with walk.infra.database.read() as session:
            held = sum(line.quantity for line in await session.scalars(kept))
        assert 0 <= held <= QUANTITY
        await assert_adds_up(walk.infra, item, remaining=QUANTITY - held)


async def end_and_settle(walk: Walk) -> None:
    """What is unsold returns once, and the orders keep theirs."""
    infra, items = walk.infra, (walk.item, walk.other)
    before = [await stock_of(infra, item.sku) for item in items]
    left = [await live_remaining(infra, item) for item in items]
    await change_state(infra, StateChange(walk.item.sale_id, SaleAction.END))
    assert sum(await asyncio.gather(settle_sales(infra), settle_sales(infra))) == 1
    for item, stock, unsold in zip(items, before, left, strict=True):
        returned = {"available": stock["available"] + unsold, "set_aside": 0}
        assert await stock_of(infra, item.sku) == stock | returned
    assert (await reconcile(infra)).differences == []
