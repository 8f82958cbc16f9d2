"""Close orders that will not be paid: CANCELLED or EXPIRED, the stock given back, database first, then Redis."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import (
    Barrier,
    FlashSaleItem,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    OutboxMessage,
    StockCause,
    StockEntry,
    StockLevel,
)
from services.events import ORDER_CANCELLED, ORDER_EXPIRED
from services.order.barrier import RELEASE, barrier_row
from services.order.rows import outbox
from services.reservation.release import ItemOrders, release

log = structlog.get_logger(__name__)
_EVENTS = {OrderStatus.CANCELLED: ORDER_CANCELLED, OrderStatus.EXPIRED: ORDER_EXPIRED}


@dataclass(frozen=True, slots=True)
class Closing:
    """To which state, by whom and why."""

    status: OrderStatus
    actor: str
    note: str | None = None


async def close_orders(
    session: AsyncSession, order_ids: Sequence[UUID], closing: Closing, now: datetime
) -> ItemOrders:
    """In the caller's transaction: move those of the orders that await payment, and give their units back.

    The compare-and-set on the status names the one winner of a race with a payment or another closing:
    orders that are in another state are left alone. Returns what to release in Redis after the commit.
    """
    locked = select(Order.id).where(Order.id.in_(order_ids), Order.status == OrderStatus.AWAITING_PAYMENT)
    won = list(await session.scalars(locked.order_by(Order.id).with_for_update()))
    if not won:
        return {}
    await session.execute(
        update(Order)
        .where(Order.id.in_(won), Order.status == OrderStatus.AWAITING_PAYMENT)
        .values(status=closing.status, expires_at=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    lines = list(await session.scalars(select(OrderLine).where(OrderLine.order_id.in_(won))))
    settled = await _give_back(session, lines, now)
    await _write(session, won, lines, settled, closing, now)
    return _by_item(lines)


async def release_closed(infra: Infra, orders: ItemOrders) -> None:
    """After the commit. What fails here is done again by the worker that reads the order's event."""
    try:
        await release(infra, orders)
    except StoreUnavailable:
        log.warning("release.deferred", orders=sum(map(len, orders.values())))


def _by_item(lines: Sequence[OrderLine]) -> ItemOrders:
    found: ItemOrders = defaultdict(list)
    for line in lines:
        if line.flash_sale_item_id is not None:
            found[line.sku, line.flash_sale_item_id].append(line.order_id)
    return found


async def _give_back(session: AsyncSession, lines: Sequence[OrderLine], now: datetime) -> set[UUID]:
    """To where the units came from: the sale's item; to ordinary stock once that is settled.

    Returns the items that are settled. Their rows are locked: a settlement is all before this or all after it.
    """
    by_item: dict[UUID, int] = defaultdict(int)
    for line in lines:
        assert line.flash_sale_item_id is not None
        by_item[line.flash_sale_item_id] += line.quantity
    items = select(FlashSaleItem.id, FlashSaleItem.settled_at).where(FlashSaleItem.id.in_(by_item))
    rows = await session.execute(items.order_by(FlashSaleItem.id).with_for_update())
    settled = {item_id for item_id, settled_at in rows if settled_at is not None}
    by_sku: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        by_sku[line.sku][_bucket(line, settled)] += line.quantity
    for item_id in sorted(by_item.keys() - settled):
        await session.execute(
            update(FlashSaleItem)
            .where(FlashSaleItem.id == item_id)
            .values(remaining=FlashSaleItem.remaining + by_item[item_id])
            .execution_options(synchronize_session=False)
        )
    for sku in sorted(by_sku):
        await session.execute(
            update(StockLevel)
            .where(StockLevel.sku == sku)
            .values(
                available=StockLevel.available + by_sku[sku]["available"],
                set_aside=StockLevel.set_aside + by_sku[sku]["set_aside"],
                held=StockLevel.held - sum(by_sku[sku].values()),
                updated_at=now,
            )
            .execution_options(synchronize_session=False)
        )
    return settled


def _bucket(line: OrderLine, settled: set[UUID]) -> str:
    return "available" if line.flash_sale_item_id in settled else "set_aside"


async def _write(
    session: AsyncSession,
    won: list[UUID],
    lines: Sequence[OrderLine],
    settled: set[UUID],
    closing: Closing,
    now: datetime,
) -> None:
    connection = await session.connection()
    change = {"status": closing.status, "actor": closing.actor, "note": closing.note, "at": now}
    events = [{"id": new_id(), "order_id": order_id, **change} for order_id in won]
    barriers = [barrier_row(order_id, RELEASE, now) for order_id in won]
    items: dict[UUID, list[dict[str, str]]] = defaultdict(list)
    for line in lines:
        if line.flash_sale_item_id is not None:
            items[line.order_id].append({"sku": line.sku, "itemId": line.flash_sale_item_id.hex})
    messages = [outbox(_EVENTS[closing.status], o.hex, {"orderId": o.hex, "lines": items[o]}, now) for o in won]
    await connection.execute(insert(OrderEvent), events)
    await connection.execute(insert(Barrier), barriers)
    await connection.execute(insert(StockEntry), [_ledger(line, settled, closing, now) for line in lines])
    await connection.execute(insert(OutboxMessage), messages)


def _ledger(line: OrderLine, settled: set[UUID], closing: Closing, now: datetime) -> dict[str, object]:
    bucket = _bucket(line, settled)
    return {
        "id": new_id(),
        "sku": line.sku,
        "cause": StockCause.RELEASED,
        "on_hand": 0,
        "available": line.quantity if bucket == "available" else 0,
        "set_aside": line.quantity if bucket == "set_aside" else 0,
        "held": -line.quantity,
        "committed": 0,
        "actor": closing.actor,
        "reference": line.order_id,
        "note": None,
        "at": now,
    }
