"""Random interleavings of all that happens to the money of orders: it is conserved, and no stock is lost."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from infra.runtime import Infra
from models import Order, OrderStatus, Payment, PaymentStatus, Refund, RefundState, SandboxCharge
from models.order_document import OrderView
from services.charges.check_zone import PlaceDraft
from services.charges.create_shipping_zone import create_shipping_zone
from services.charges.create_tax_region import create_tax_region
from services.charges.views import list_rules
from services.draft.create_draft import create_draft
from services.draft.delete_draft import DraftDeletion, delete_draft
from services.draft.place_draft import DraftPlacing, place_draft
from services.draft.rules import DraftWish, LineWish
from services.order.cancel_order import Cancellation, cancel_order
from services.order.cancel_order_lines import cancel_order_lines
from services.order.change_order import change_order
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.order.expire_due_orders import expire_due_orders
from services.order.find_orders import find_order
from services.order.lines_asked import LinesAsked
from services.order.work_out_change import OrderChange
from services.payment.capture_payment import capture_payment
from services.payment.check_payments import check_payments
from services.payment.reconcile_payments import reconcile_payments
from services.payment.refund_order_lines import refund_order_lines
from services.payment.refund_payment import RefundWish, refund_payment
from services.payment.sandbox.charges import standing_of
from services.payment.sandbox.page import Decision, decide
from services.payment.send_refunds import send_refunds
from services.reconcile.reconcile import reconcile
from services.shared.errors import ServiceError
from tests.factories import make_due, variant_in_stock
from tests.integration.money import BASE, an_order, asked, begin, book, deliver, payments_in, told
from tests.integration.test_charge_rules import region, zone
from tests.workers import persist_all

OPERATIONS = (
    *("begin", "begin by hand", "approve", "approve", "approve too little", "decline", "tell", "tell"),
    *("tell old news", "take", "expire", "cancel", "refund", "refund a part", "ship", "send", "ask"),
    *("more", "more", "fewer", "take off", "ship one", "return", "delete its draft"),
)
ORDERS = 2
_PART = Decimal("7.30")
# Each round is done at once.
ROUNDS = st.lists(
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, ORDERS - 1)), min_size=1, max_size=3),
    min_size=3,
    max_size=12,
)


@dataclass
class World:
    """``extra`` is a variant that staff put into orders, and take out; ``draft`` that of the last order."""

    infra: Infra
    orders: list[OrderView]
    extra: UUID
    draft: UUID
    news: list[dict[str, Any]] = field(default_factory=list)

    async def do(self, what: str, order: OrderView) -> None:
        """What is refused by name is refused; nothing else may go wrong."""
        with suppress(ServiceError):
            await self._do(what, order)

    def _do(self, what: str, order: OrderView) -> Awaitable[Any]:
        infra = self.infra
        match what:
            case "begin" | "begin by hand":
                return begin(infra, order, provider="manual" if what == "begin by hand" else "sandbox")
            case "approve" | "approve too little" | "decline":
                amount = 5 if what == "approve too little" else None
                return self._decide(order, Decision(what != "decline", amount=amount))
            case "tell":
                return self._tell(order)
            case "tell old news":
                return self._tell_old()
            case "take":
                return self._each(order, lambda payment: capture_payment(infra, payment.id, asked()))
            case "expire":
                return self._expire(order)
            case "cancel":
                return cancel_order(infra, Cancellation(order.customer_id, order.id, None, order.id.hex))
            case "refund":
                return self._each(order, lambda payment: refund_payment(infra, _wish(payment, None), asked()))
            case "refund a part":
                return self._each(order, lambda payment: refund_payment(infra, _wish(payment, _PART), asked()))
            case "ship":
                return create_shipment(infra, ShipmentDraft(order.id, "Post", None, None), asked())
            case "more" | "fewer":
                return self._change(order, 1 if what == "more" else -1)
            case "take off" | "ship one" | "return":
                return self._of_last_line(order, what)
            case "delete its draft":
                return self._delete_draft(order)
            case "send":
                return send_refunds(infra)
        return check_payments(infra)

    async def _each(self, order: OrderView, work: Any) -> None:
        for payment in await payments_in(self.infra, order.id):
            with suppress(ServiceError):
                await work(payment)

    async def _change(self, order: OrderView, by: int) -> None:
        now = await self.view(order)
        there = [(line.id, line.quantity) for line in now.lines if line.variant_id == self.extra]
        units = tuple((id_, max(0, count + by)) for id_, count in there)
        added = () if there else ((self.extra, 1 + by),)
        await change_order(self.infra, OrderChange(order.id, now.version, units, added), asked())

    async def _delete_draft(self, order: OrderView) -> None:
        if order is self.orders[-1]:
            await delete_draft(self.infra, DraftDeletion(self.draft, 2), asked())

    async def _of_last_line(self, order: OrderView, what: str) -> None:
        line, by = (await self.view(order)).lines[-1], asked()
        if what == "ship one":
            await create_shipment(self.infra, ShipmentDraft(order.id, "Post", None, ((line.id, 1),)), by)
            return
        wish = LinesAsked(order.id, ((line.id, 1),), None, by.by, by.key, by.actor)
        await (cancel_order_lines if what == "take off" else refund_order_lines)(self.infra, wish)

    async def view(self, order: OrderView) -> OrderView:
        found = await find_order(self.infra, order.id, None)
        assert found is not None
        return found

    async def _decide(self, order: OrderView, decision: Decision) -> None:
        for payment in await payments_in(self.infra, order.id):
            if payment.provider == "sandbox" and payment.reference is not None:
                await decide(self.infra, UUID(payment.reference), decision, BASE)

    async def _tell(self, order: OrderView) -> None:
        """How each charge of the order stands now."""
        for payment in await payments_in(self.infra, order.id):
            async with self.infra.database.read() as session:
                charge = await session.scalar(select(SandboxCharge).where(SandboxCharge.key == payment.id.hex))
            if charge is not None:
                news = told(payment, **_facts(charge))
                self.news.append(news)
                await deliver(self.infra, news)

    async def _tell_old(self) -> None:
        """All that was told, the newest first, as events of their own."""
        for number, news in enumerate(reversed(list(self.news))):
            await deliver(self.infra, news | {"id": f"{news['id'][:24]}-{number}-{len(self.news)}"})

    async def _expire(self, order: OrderView) -> None:
        await make_due(self.infra, order.id)
        await expire_due_orders(self.infra)

    async def settle(self) -> None:
        """Until nothing is to be done any more."""
        for _ in range(3):
            async with self.infra.database.write() as session:
                soon = self.infra.now() - timedelta(seconds=1)
                await session.execute(update(Payment).where(Payment.check_at.is_not(None)).values(check_at=soon))
                await session.execute(update(Refund).values(due_at=soon))
            while await check_payments(self.infra):
                pass
            while await send_refunds(self.infra):
                pass


def _wish(payment: Payment, amount: Decimal | None) -> RefundWish:
    return RefundWish(payment.id, amount, None)


def _facts(charge: SandboxCharge) -> dict[str, Any]:
    standing = standing_of(charge)
    return {
        "status": standing.status.value,
        "amount": standing.amount,
        "captured": standing.captured,
        "refunded": standing.refunded,
        "fees": standing.fees,
    }


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(rounds=ROUNDS)
async def test_money_is_conserved_and_no_stock_is_lost(infra: Infra, rounds: list[list[tuple[str, int]]]) -> None:
    if not (await list_rules(infra)).zones:
        await create_shipping_zone(infra, zone(PlaceDraft("*")), asked())
        await create_tax_region(infra, region("19", "*"), asked())
    extra = await variant_in_stock(infra, price=333, on_hand=6)
    orders = [await an_order(infra) for _ in range(ORDERS - 1)]
    assert [order.total for order in orders] == [1990 + 590 + 490] * len(orders)
    wish = DraftWish("EUR", (LineWish(extra.id, 1),), email="drafted@example.org")
    draft = await create_draft(infra, wish, asked())
    placed = await place_draft(infra, DraftPlacing(draft.id, 1, 48), asked())
    world = World(infra, [*orders, placed.order], extra.id, draft.id)
    for at_once in rounds:
        await asyncio.gather(*(world.do(what, world.orders[number]) for what, number in at_once))
    await world.settle()
    for order in world.orders:
        await assert_settled(infra, order)
    assert (await reconcile_payments(infra, infra.now() - timedelta(hours=1))).differences == []
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []
    async with infra.database.read() as session:
        kept = sum(p.captured - p.refunded for p in await session.scalars(select(Payment)))
        assert not (await session.scalars(select(Refund).where(Refund.state == RefundState.PENDING))).all()
    assert (await book(infra)).get(("orders", "EUR"), 0) == -kept


async def assert_settled(infra: Infra, order: OrderView) -> None:
    """Who pays for what is kept, and no other money is kept but what staff look at."""
    async with infra.database.read() as session:
        found = await session.execute(select(Order.status, Order.total).where(Order.id == order.id))
        status, total = found.one()
    payments = await payments_in(infra, order.id)
    paying = [payment for payment in payments if payment.pays_order]
    assert len(paying) == (status in (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.REFUNDED)) or (
        status == OrderStatus.CANCELLED and len(paying) <= 1
    )
    for payment in payments:
        assert 0 <= payment.refunded <= payment.captured
        assert payment.refunding == 0
        if payment.pays_order:
            assert payment.captured == total
            assert (payment.refunded == payment.captured) == (
                status in (OrderStatus.REFUNDED, OrderStatus.CANCELLED)
            )
        elif payment.problem is None:
            assert payment.refunded == payment.captured
        if status not in (OrderStatus.AWAITING_PAYMENT, OrderStatus.ACCEPTED):
            assert payment.status not in (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED)
