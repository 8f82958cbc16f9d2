"""A SKU in three warehouses, one that is sold beside it in sales, and a model of them that is too simple to be
wrong."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate, combinations
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.eventlog import Consumer, Message
from infra.ids import new_id
from infra.runtime import Infra
from models import HoldState, StockThreshold
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.find_items import find_item
from services.flash_sale.find_ordered import Wanted
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.flash_sale.settle_sales import settle_sales
from services.flash_sale.states import SaleAction
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.order.flash_quotes import FlashQuote
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.order.quote_flash_order import FlashQuoteWish
from services.payment.arm_flash_order import ArmWish, arm_flash_order, quote_of_armed
from services.payment.sandbox.page import Decision, decide
from services.reconcile.reconcile import reconcile
from services.shared.asked import Asked
from services.shared.errors import OutOfStock, StaleCount, TryAgain
from services.stock.adjust_stock import Adjustment, adjust_stock
from services.stock.count_stock import Count, count_stock
from services.stock.move_stock import Move, move_stock
from services.stock.order_steps import commit_stock
from services.stock.receive_stock import Receipt, receive_stock
from tasks.order_consumer import OrderConsumer
from tests.cut_off import CutOff, cut_off
from tests.factories import variant_in_stock
from tests.order_steps import hold, release, ship
from tests.stock_books import assert_sku_adds_up
from tests.workers import persist_all

_STAFF = new_id()
_BESIDE: Final = 200
_ON_SALE_BESIDE: Final = 3
Work = Callable[[], Coroutine[Any, Any, Any]]


@dataclass(slots=True)
class Hold:
    """``left``: units that are not shipped by warehouse, the first choice first."""

    left: dict[UUID, int]
    shipped: int = 0
    state: HoldState = HoldState.HELD

    @property
    def kept(self) -> dict[UUID, int]:
        return self.left if self.state in (HoldState.HELD, HoldState.COMMITTED) else {}


@dataclass(slots=True)
class Sale:
    """``orders`` are those that were not given back: (customer, units, units of ``beside``) by id."""

    item: FlashItemDoc
    beside: FlashItemDoc
    warehouse: UUID
    orders: dict[UUID, tuple[UUID, int, int]] = field(default_factory=dict)
    settled: bool = False

    @property
    def sold(self) -> int:
        return sum(units for _, units, _ in self.orders.values())

    @property
    def sold_beside(self) -> int:
        return sum(units for _, _, units in self.orders.values())


@dataclass(slots=True)
class World:
    """``warehouses`` by priority. ``cut``: at which wait a step is cut off, to be asked for again; None: not."""

    infra: Infra
    warehouses: tuple[UUID, ...]
    sku: str
    beside: str
    on_hand: dict[UUID, int]
    holds: dict[UUID, Hold] = field(default_factory=dict)
    sales: list[Sale] = field(default_factory=list)
    has_sent: bool = False
    """There may be messages that no worker has read."""

    @classmethod
    async def make(cls, infra: Infra, warehouses: tuple[UUID, ...], threshold: int) -> "World":
        sku = (await variant_in_stock(infra, on_hand=10)).sku
        beside = (await variant_in_stock(infra, on_hand=_BESIDE)).sku
        world = cls(infra, warehouses, sku, beside, dict.fromkeys(warehouses, 0))
        world.on_hand[warehouses[-1]] = 10
        row = {"sku": sku, "units": threshold, "is_low": threshold >= 10, "updated_at": infra.now()}
        async with infra.database.write() as session:
            await session.execute(insert(StockThreshold), [row])
        return world

    def available(self, warehouse: UUID) -> int:
        held = sum(h.kept.get(warehouse, 0) for h in self.holds.values())
        here = [sale for sale in self.sales if sale.warehouse == warehouse]
        return (
            self.on_hand[warehouse]
            - held
            - sum(sale.sold if sale.settled else sale.item.quantity for sale in here)
        )

    def covering(self, units: int) -> UUID | None:
        return next((w for w in self.warehouses if self.available(w) >= units), None)

    def spread(self, units: int) -> dict[UUID, int] | None:
        """Every set of warehouses is tried, the small ones first, in the order of their priorities."""
        for count in range(1, len(self.warehouses) + 1):
            for some in combinations(self.warehouses, count):
                if sum(map(self.available, some)) >= units:
                    before = accumulate(map(self.available, some), initial=0)
                    pairs = zip(some, before, strict=False)
                    return {w: min(self.available(w), units - taken) for w, taken in pairs}
        return None

    @property
    def sale(self) -> Sale | None:
        return next((sale for sale in self.sales if not sale.settled), None)

    @property
    def open_sale(self) -> Sale:
        assert self.sale is not None
        return self.sale

    # ------------------------------------------------------------------ what staff do

    async def receive(self, where: UUID, units: int, cut: int | None) -> None:
        wish, asked = Receipt(self.sku, units, where), _asked()
        assert await _done(lambda: receive_stock(self.infra, wish, asked), cut)
        self.on_hand[where] += units

    async def adjust(self, where: UUID, delta: int, cut: int | None) -> None:
        wish, asked = Adjustment(self.sku, delta, "found or lost", where), _asked()
        fits = self.available(where) + delta >= 0
        assert await _done(lambda: adjust_stock(self.infra, wish, asked), cut) == fits
        self.on_hand[where] += delta if fits else 0

    async def move(self, source: UUID, target: UUID, units: int, cut: int | None) -> None:
        wish, asked = Move(self.sku, units, source, target), _asked()
        fits = self.available(source) >= units
        assert await _done(lambda: move_stock(self.infra, wish, asked), cut) == fits
        if fits:
            self.on_hand[source] -= units
            self.on_hand[target] += units

    async def count(self, where: UUID, counted: int, wrong_by: int, cut: int | None) -> None:
        wish, asked = Count(self.sku, self.on_hand[where] + wrong_by, counted, where), _asked()
        fits = wrong_by == 0 and self.available(where) + counted - self.on_hand[where] >= 0
        assert await _done(lambda: count_stock(self.infra, wish, asked), cut) == fits
        if fits:
            self.on_hand[where] = counted

    # ------------------------------------------------------------------ orders outside of sales

    async def hold(self, units: int, cut: int | None) -> None:
        order, shares = new_id(), self.spread(units)
        assert await _done(lambda: hold(self.infra, order, {self.sku: units}, "machine"), cut) == (
            shares is not None
        )
        if shares is not None:
            self.holds[order] = Hold(shares)

    async def release(self, order: UUID, cut: int | None) -> None:
        """Of an order that is shipped in part the rest is released."""
        known = self.holds[order]
        await _done(lambda: release(self.infra, order, "machine"), cut)
        if any(known.kept.values()):
            known.state = HoldState.RELEASED

    async def commit(self, order: UUID, cut: int | None) -> None:
        async def work(session: AsyncSession) -> None:
            await commit_stock(session, [order], "machine", self.infra.now())

        await _done(lambda: self.infra.database.transact(work), cut)
        if self.holds[order].state is HoldState.HELD:
            self.holds[order].state = HoldState.COMMITTED

    async def ship(self, order: UUID, units: int, cut: int | None) -> None:
        """Only what is paid is ever shipped: that is for the order's state to see to."""
        if (known := self.holds[order]).state is HoldState.COMMITTED:
            units = min(units, sum(known.left.values()))
            known.shipped += units
            await _done(lambda: ship(self.infra, order, {self.sku: known.shipped}), cut)
            for warehouse, there in known.left.items():
                gone = min(there, units)
                units -= gone
                known.left[warehouse] -= gone
                self.on_hand[warehouse] -= gone
            known.state = HoldState.COMMITTED if any(known.left.values()) else HoldState.SHIPPED

    # ------------------------------------------------------------------ flash sales

    async def schedule(self, units: int) -> None:
        where = self.covering(units)
        now, limit = self.infra.now(), 100
        items = (
            ItemDraft(self.sku, Decimal("19.90"), units, limit),
            ItemDraft(self.beside, Decimal("1.00"), _ON_SALE_BESIDE, limit),
        )
        draft = SaleDraft("Rush", now - timedelta(minutes=1), now + timedelta(hours=1), items)
        try:
            sale_id = await schedule_flash_sale(self.infra, draft, "test")
        except OutOfStock:
            assert where is None
        else:
            assert where is not None
            ids = (await find_sales(self.infra, [sale_id]))[sale_id].item_ids
            by_sku = {item.sku: item for item in [await find_item(self.infra, id_) for id_ in ids]}
            self.sales.append(Sale(by_sku[self.sku], by_sku[self.beside], where))

    async def buy(self, units: int, beside: int, cut: int | None, *, armed: bool) -> None:
        """All of it or nothing; ``armed``: by one press, what was set up before."""
        sale = self.open_sale
        others = (Wanted(sale.beside.id, beside),) if beside else ()
        wish = FlashOrder(new_id(), sale.item.id, units, uuid4().hex, others=others)
        if armed:
            wish = replace(wish, quote=await self._armed(wish))
        fits = sale.sold + units <= sale.item.quantity
        fits = fits and sale.sold_beside + beside <= sale.beside.quantity
        placed: list[UUID] = []

        async def place() -> None:
            placed.append((await place_flash_order(self.infra, wish)).id)

        assert await _done(place, cut) == fits
        if fits:
            assert len(set(placed)) == 1, "two orders for one key"
            sale.orders[placed[-1]], self.has_sent = (wish.customer_id, units, beside), True

    async def _armed(self, wish: FlashOrder) -> FlashQuote:
        order = FlashQuoteWish(wish.customer_id, wish.item_id, wish.quantity, others=wish.others)
        arming = ArmWish(order, "sandbox", None, uuid4().hex, "http://127.0.0.1:1")
        set_up = (await arm_flash_order(self.infra, arming)).set_up
        await decide(self.infra, UUID(set_up), Decision(True), "http://127.0.0.1:1/hook")
        return quote_of_armed(await arm_flash_order(self.infra, arming))

    async def cancel(self, order: UUID, cut: int | None) -> None:
        sale = next(sale for sale in self.sales if order in sale.orders)
        wish = Cancellation(sale.orders[order][0], order, None, uuid4().hex)
        assert await _done(lambda: cancel_order(self.infra, wish), cut)
        del sale.orders[order]
        self.has_sent = True

    async def expire(self) -> None:
        """Time flies for all orders."""
        await persist_all(self.infra)
        later = self.infra.now() + timedelta(seconds=self.infra.settings.orders.payment_timeout + 60)
        await expire_due_orders(replace(self.infra, now=lambda: later))
        for sale in self.sales:
            sale.orders.clear()

    async def end_sale(self, cut: int | None) -> None:
        sale = self.open_sale
        await _done(lambda: change_state(self.infra, StateChange(sale.item.sale_id, SaleAction.END)), cut)
        await persist_all(self.infra)
        # Not cut off: aiokafka leaves connections open whose start is, and the suite takes that for a failure.
        await settle_sales(self.infra)
        sale.settled = True

    # ------------------------------------------------------------------ workers, and rest

    async def work(self, cut: int | None) -> None:
        """A worker that is killed while it handles what it has read."""

        class Killed(OrderConsumer):
            async def _handle_and_commit(self, consumer: Consumer, messages: Sequence[Message]) -> None:
                handling = super()._handle_and_commit(consumer, messages)
                await (cut_off(handling, cut) if cut else handling)

        with suppress(CutOff):
            await persist_all(self.infra, Killed)

    async def rest(self) -> None:
        await persist_all(self.infra)
        self.has_sent = False
        levels = await assert_sku_adds_up(self.infra, self.sku)
        for warehouse in self.warehouses:
            found = levels.get(warehouse)
            seen = (found.on_hand, found.available) if found else (0, 0)
            assert seen == (self.on_hand[warehouse], self.available(warehouse))
        [level] = (await assert_sku_adds_up(self.infra, self.beside)).values()
        taken = sum(sale.sold_beside if sale.settled else sale.beside.quantity for sale in self.sales)
        assert (level.on_hand, level.available) == (_BESIDE, _BESIDE - taken)
        assert (await reconcile(self.infra)).differences == []


def _asked() -> Asked:
    return Asked(_STAFF, uuid4().hex, "user:machine")


async def _done(work: Work, cut: int | None) -> bool:
    """Cut off once, then asked for again in the same words until there is an answer; False: it was refused."""
    try:
        if cut is not None:
            with suppress(CutOff, TryAgain):
                await cut_off(work(), cut)
        while True:
            with suppress(TryAgain):
                await work()
                return True
    except (OutOfStock, StaleCount):
        return False
