"""Rows of orders: made as plain values, and changed under the lock of an order.

One multi-row INSERT a table is many times faster than objects one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id, spoken_number
from infra.runtime import Infra
from models import Base, Order, OrderEvent, OrderLine, OrderStatus, StockCause, StockEntry
from models.address_document import AddressDoc
from models.charges_document import Charges
from models.order_document import OrderSnapshot, OrderView
from services.order.find_orders import find_order
from services.order.rules import LineMoney, cancelled_units, worth_of
from services.order.views import line_id
from services.shared.errors import InvalidTransition, NotFound
from services.shared.order_states import may_become
from services.shared.patience import or_try_again
from services.stock.rows import Origin, ledger_row
from services.stock.rules import Counts

Rows = list[tuple[type[Base], list[dict[str, Any]]]]
"""A table and its rows, in the order that foreign keys ask for."""

PIPELINE = "pipeline"
SHORT_NOTE = "There was less stock than the counters said."
CODE_NOTE = "The use of its discount code had been given to another order."
REUSED_NOTE = "Its idempotency key had made another order."


def of_orders(
    orders: Sequence[OrderSnapshot],
    status: OrderStatus,
    now: datetime,
    note: str | None = None,
    *,
    actor: str = PIPELINE,
) -> Rows:
    """Make rows of the orders, their lines and the event of their first state."""
    return [
        (Order, [_order(order, status, now) for order in orders]),
        (OrderLine, [row for order in orders for row in _lines(order)]),
        (OrderEvent, [event_row(order.id, status, actor, now, note) for order in orders]),
    ]


def of_holds(orders: Sequence[OrderSnapshot], warehouses: Mapping[UUID, UUID], now: datetime) -> Rows:
    """Make the stock ledger's rows for units that go from set aside to held; ``warehouses`` by sale's item."""
    ledger: list[dict[str, Any]] = []
    for order in orders:
        origin = Origin(StockCause.HELD, PIPELINE, order.id)
        for line in order.lines:
            assert line.flash_sale_item_id is not None
            place = line.sku, warehouses[line.flash_sale_item_id]
            deltas = Counts(set_aside=-line.quantity, held=line.quantity)
            ledger.append(ledger_row(place, deltas, origin, now))
    return [(StockEntry, ledger)]


def _order(order: OrderSnapshot, status: OrderStatus, now: datetime) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": spoken_number(order.id),
        "customer_id": order.customer_id,
        "buyer_id": order.buyer_id,
        "traceparent": order.traceparent,
        "status": status,
        "total": order.total,
        "currency": order.currency,
        "idempotency_key": order.idempotency_key,
        "fingerprint": order.fingerprint,
        "shipping_address": order.shipping_address.to_json() if order.shipping_address else None,
        "charges": order.charges.to_json() if order.charges else None,
        "placed_at": order.placed_at,
        "expires_at": order.expires_at if status == OrderStatus.AWAITING_PAYMENT else None,
        "updated_at": now,
    }


def _lines(order: OrderSnapshot) -> list[dict[str, Any]]:
    return [
        {
            "id": line_id(order.id, position),
            "order_id": order.id,
            "position": position,
            "sku": line.sku,
            "variant_id": line.variant_id,
            "flash_sale_item_id": line.flash_sale_item_id,
            "title": line.title,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
        }
        for position, line in enumerate(order.lines)
    ]


def event_row(
    order_id: UUID, status: OrderStatus, actor: str, now: datetime, text: str | None = None
) -> dict[str, Any]:
    return {"id": new_id(), "order_id": order_id, "status": status, "actor": actor, "note": text, "at": now}


NO_ORDER = "There is no such order."


async def lock_status(session: AsyncSession, order_id: UUID) -> OrderStatus:
    """Lock an order and read its state: whoever changes the order waits from here on. Errors: NotFound."""
    status = await session.scalar(select(Order.status).where(Order.id == order_id).with_for_update())
    if status is None:
        raise NotFound(NO_ORDER)
    return OrderStatus(status)


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """An order and its lines."""

    id: UUID
    customer_id: UUID
    status: OrderStatus
    total: int
    currency: str
    version: int
    expires_at: datetime | None
    address: AddressDoc | None
    charges: Charges | None
    lines: Sequence[OrderLine]

    def worth_with(self, more: Mapping[UUID, int], step: int) -> int:
        """Returns what was paid for the units that were cancelled or returned by line, with so many ``more`` by
        line; see ``worth_of``."""
        lost = [cancelled_units(self.status, ln.quantity, ln.shipped, ln.cancelled) for ln in self.lines]
        back = [n + ln.returned + more.get(ln.id, 0) for n, ln in zip(lost, self.lines, strict=True)]
        pairs = zip(self.lines, back, strict=True)
        return worth_of(
            self.total, self.charges, [LineMoney(ln.unit_price, ln.quantity, n) for ln, n in pairs], step
        )


async def read_order(session: AsyncSession, order_id: UUID, owner: UUID | None, *, lock: bool = True) -> ReadOrder:
    """Read an order with its lines; locked, whoever changes it waits from here on. ``owner``: whose it has to be;
    None: anybody's.

    Errors: NotFound.
    """
    wanted = select(*(getattr(Order, name) for name in _READ)).where(Order.id == order_id)
    row = (await session.execute(wanted.with_for_update() if lock else wanted)).first()
    if row is None or owner not in (None, row.customer_id):
        raise NotFound(NO_ORDER)
    stored = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
    lines = list(await session.scalars(stored.execution_options(populate_existing=True)))
    return ReadOrder(
        order_id,
        row.customer_id,
        OrderStatus(row.status),
        row.total,
        row.currency,
        row.version,
        row.expires_at,
        None if row.shipping_address is None else AddressDoc.from_json(row.shipping_address),
        None if row.charges is None else Charges.from_json(row.charges),
        lines,
    )


_READ: Final = (
    *("customer_id", "status", "total", "currency", "version"),
    *("expires_at", "shipping_address", "charges"),
)


async def find_change(infra: Infra, event_id: UUID) -> tuple[int, int]:
    """Returns what an order came to before the change that a row of its history is of, and after it.

    Errors: StoreUnavailable.
    """
    wanted = select(OrderEvent.total_before, OrderEvent.total_after).where(OrderEvent.id == event_id)
    async with infra.database.read() as session:
        before, after = (await session.execute(wanted)).one()
    return before or 0, after or 0


async def move(session: AsyncSession, order_id: UUID, target: OrderStatus, now: datetime) -> bool:
    """Move an order to another state by compare-and-set; returns False when it is there already.

    Errors: NotFound, InvalidTransition.
    """
    status = await lock_status(session, order_id)
    if status == target:
        return False
    if not may_become(status, target):
        raise InvalidTransition(status, target)
    if not await swap_status(session, order_id, status, target, now):
        raise InvalidTransition(status, target)
    return True


async def swap_status(
    session: AsyncSession,
    order_id: UUID,
    source: OrderStatus,
    target: OrderStatus,
    now: datetime,
) -> bool:
    """Compare and set, without a row of the history; False when the order is not in ``source``, or not there."""
    changed = await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.status == source)
        .values(status=target, expires_at=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


async def await_payment(
    session: AsyncSession, expiries: Mapping[UUID, datetime], actor: str, now: datetime
) -> list[UUID]:
    """Move orders from ACCEPTED to AWAITING_PAYMENT until each one's ``expiries``, with a row of the history.

    Returns those that were ACCEPTED.
    """
    target = OrderStatus.AWAITING_PAYMENT
    accepted = select(Order.id).where(Order.id.in_(expiries), Order.status == OrderStatus.ACCEPTED)
    found = list(await session.scalars(accepted.order_by(Order.id).with_for_update()))
    for expires_at in sorted({expiries[order_id] for order_id in found}):
        await session.execute(
            update(Order)
            .where(Order.id.in_([order_id for order_id in found if expiries[order_id] == expires_at]))
            .values(status=target, expires_at=expires_at, updated_at=now)
            .execution_options(synchronize_session=False)
        )
    if found:
        await (await session.connection()).execute(
            insert(OrderEvent), [event_row(order_id, target, actor, now) for order_id in found]
        )
    return found


async def note(
    session: AsyncSession,
    order_id: UUID,
    status: OrderStatus,
    actor: str,
    now: datetime,
    text: str | None = None,
    *,
    internal: bool = False,
) -> None:
    """Write a row of the history."""
    row = event_row(order_id, status, actor, now, text)
    await session.execute(insert(OrderEvent), [row | {"internal": internal}])


def settled_places(lines: Sequence[OrderLine]) -> list[tuple[str, UUID]]:
    """Returns the items of sales whose holds of an order Redis may drop at once, now that no unit can come back.

    Where some came back before, that may not have been told yet: the worker does both, in the order of the events.
    """
    return [
        (line.sku, line.flash_sale_item_id)
        for line in lines
        if line.flash_sale_item_id is not None and not line.cancelled
    ]


async def current_view(infra: Infra, order_id: UUID) -> OrderView:
    """Read the order after the commit: who watches is told. Errors: NotFound, TryAgain."""
    infra.signals.send([order_id])
    with or_try_again():
        found = await find_order(infra, order_id, None)
    if found is None:
        raise NotFound(NO_ORDER)
    return found
