"""Whatever is done to an order that is shipped in part, stock and money add up, and it can be ended."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from infra.runtime import Infra
from models import OrderStatus, Payment, Shipment, ShipmentLine
from models.order_document import OrderView
from services.order.cancel_order import cancel_order
from services.order.cancel_order_lines import cancel_order_lines
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.order.find_orders import find_order
from services.order.lines_asked import LinesAsked
from services.payment.find_payments import require_payment
from services.payment.refund_order_lines import refund_order_lines
from services.payment.refund_payment import RefundWish, refund_payment
from services.reconcile.reconcile import reconcile
from services.shared.errors import InvalidTransition, ServiceError
from tests.factories import stock_of
from tests.integration.money import (
    asked,
    book,
    deliver,
    payments_in,
    refund_all_due,
    told,
)
from tests.integration.test_checkout import configured
from tests.integration.test_shipped_in_part import basket, cancellation, flash_order, make_refunds_due, parcel
from tests.workers import persist_all

__all__ = ["configured"]

OPERATIONS = (
    *("ship 1", "ship 1", "ship 2", "ship all", "refund a part", "refund a part", "refund"),
    *("cancel", "take off 1", "take off 1", "take off 2", "return 1", "again", "tell", "work", "send"),
)
ROUNDS = st.lists(
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 1)), min_size=1, max_size=2),
    max_size=5,
)


@dataclass
class World:
    """``done``: what was asked for, each with its key, to be asked for again."""

    infra: Infra
    order: OrderView
    payment: UUID
    done: list[Any] = field(default_factory=list)

    async def do(self, what: str, line: int) -> None:
        """What is refused by name is refused; nothing else may go wrong."""
        with suppress(ServiceError):
            await self._do(what, line % len(self.order.lines))

    async def _do(self, what: str, line: int) -> None:
        infra, order, by = self.infra, self.order, asked()
        match what:
            case "ship 1" | "ship 2":
                await self._ask(lambda: create_shipment(infra, parcel(order, int(what[-1]), line), by))
            case "ship all":
                await self._ask(lambda: create_shipment(infra, ShipmentDraft(order.id, "Post", None), by))
            case "refund a part" | "refund":
                amount = None if what == "refund" else Decimal("7.30")
                await self._ask(lambda: refund_payment(infra, RefundWish(self.payment, amount, None), by))
            case "take off 1" | "take off 2":
                wish = units_of(order, int(what[-1]), line, by.key)
                await self._ask(lambda: cancel_order_lines(infra, wish))
            case "return 1":
                wish = units_of(order, 1, line, by.key)
                await self._ask(lambda: refund_order_lines(infra, wish))
            case "cancel":
                await self._ask(lambda: cancel_order(infra, cancellation(order, by.key)))
            case "again" if self.done:
                await self.done[line % len(self.done)]()
            case "tell":
                await deliver(infra, told(await require_payment(infra, self.payment)))
            case "work":
                await persist_all(infra)
            case "send":
                await refund_all_due(infra)

    async def _ask(self, work: Any) -> None:
        self.done.append(work)
        await work()

    async def view(self) -> OrderView:
        found = await find_order(self.infra, self.order.id, None)
        assert found is not None
        return found


def units_of(order: OrderView, units: int, line: int, key: str) -> LinesAsked:
    return LinesAsked(order.id, ((order.lines[line].id, units),), None, order.customer_id, key, "user:staff")


@pytest.mark.parametrize("kind", ["flash", "basket"])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(sent=st.integers(0, 3), rounds=ROUNDS)
async def test_stock_and_money_add_up(
    configured: Infra, kind: str, sent: int, rounds: list[list[tuple[str, int]]]
) -> None:
    """``sent`` units at first, so that most of what is done then is done to an order that is shipped in part."""
    infra = configured
    order, payment = await (flash_order(infra, 4) if kind == "flash" else basket(infra))
    before = {line.sku: await stock_of(infra, line.sku) for line in order.lines}
    world = World(infra, order, payment)
    for _ in range(sent):
        await world.do("ship 1", 0)
    for at_once in rounds:
        await asyncio.gather(*(world.do(what, line) for what, line in at_once))
    await settle(world)
    await assert_adds_up(world, before)
    # Nothing is committed for ever: whatever was done, it can be ended.
    with suppress(InvalidTransition):
        await cancel_order(infra, cancellation(order, "end"))
    await settle(world)
    assert (await world.view()).status != OrderStatus.PAID
    assert sum([(await stock_of(infra, line.sku))["committed"] for line in order.lines]) == 0
    await assert_adds_up(world, before)
    # Undone whole, all of the money is back, and nothing more can be sent.
    with suppress(ServiceError):
        await refund_payment(infra, RefundWish(payment, None, None), asked())
    await settle(world)
    assert (await require_payment(infra, payment)).refunded == order.total
    assert (await book(infra)).get(("orders", "EUR"), 0) == 0
    for line in range(len(order.lines)):
        with pytest.raises(InvalidTransition):
            await create_shipment(infra, parcel(order, 1, line), asked())
    await assert_adds_up(world, before)


async def settle(world: World) -> None:
    await make_refunds_due(world.infra)
    await refund_all_due(world.infra)
    await persist_all(world.infra)


async def assert_adds_up(world: World, before: dict[str, dict[str, int]]) -> None:
    infra, view = world.infra, await world.view()
    [paying] = [one for one in await payments_in(infra, view.id) if one.pays_order]
    assert (paying.captured, paying.refunding) == (view.total, 0)
    whole = view.status in (OrderStatus.REFUNDED, OrderStatus.CANCELLED)
    assert (paying.refunded == paying.captured) == whole
    async with infra.database.read() as session:
        parcels = select(ShipmentLine.line_id, func.sum(ShipmentLine.quantity)).join(
            Shipment, Shipment.id == ShipmentLine.shipment_id
        )
        mine = parcels.where(Shipment.order_id == view.id).group_by(ShipmentLine.line_id)
        sent = {row[0]: int(row[1]) for row in await session.execute(mine)}
        assert not (await session.scalars(select(Payment).where(Payment.refunded > Payment.captured))).all()
    for line in view.lines:
        assert line.shipped == sent.get(line.id, 0)
        assert line.returned <= line.shipped <= line.quantity - line.cancelled
        stock = await stock_of(infra, line.sku)
        kept = line.quantity - line.shipped - line.cancelled if view.status == OrderStatus.PAID else 0
        assert (stock["on_hand"], stock["committed"]) == (before[line.sku]["on_hand"] - line.shipped, kept)
    assert (await reconcile(infra)).differences == []
