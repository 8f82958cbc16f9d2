"""Close orders that will not be paid: CANCELLED or EXPIRED, the stock given back, database first, then Redis."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
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
)
from services.events import ORDER_CANCELLED, ORDER_EXPIRED
from services.order.barrier import RELEASE, barrier_row
from services.order.rows import outbox
from services.reservation.release import ItemOrders, release
from services.stock.counts import Counts, Place
from services.stock.levels import Origin, change_levels, ledger_row, sum_up

log = structlog.get_logger(__name__)
_EVENTS = {OrderStatus.CANCELLED: ORDER_CANCELLED, OrderStatus.EXPIRED: ORDER_EXPIRED}


_Move = tuple[OrderLine, Place, Counts]
"""A line, and what giving it back does to which level."""
_Moves = list[_Move]


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
    moves = await _give_back(session, lines, now)
    await _write(session, won, lines, moves, closing, now)
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


async def _give_back(session: AsyncSession, lines: Sequence[OrderLine], now: datetime) -> _Moves:
    """To where the units came from: the sale's item; to ordinary stock once that is settled.

    The items' rows are locked: a settlement is all before this or all after it.
    """
    by_item: dict[UUID, int] = defaultdict(int)
    for line in lines:
        assert line.flash_sale_item_id is not None
        by_item[line.flash_sale_item_id] += line.quantity
    locked = select(FlashSaleItem.id, FlashSaleItem.warehouse_id, FlashSaleItem.settled_at)
    locked = locked.where(FlashSaleItem.id.in_(by_item)).order_by(FlashSaleItem.id)
    items = {row.id: row for row in await session.execute(locked.with_for_update())}
    for item_id in sorted(item_id for item_id in by_item if items[item_id].settled_at is None):
        await session.execute(
            update(FlashSaleItem)
            .where(FlashSaleItem.id == item_id)
            .values(remaining=FlashSaleItem.remaining + by_item[item_id])
            .execution_options(synchronize_session=False)
        )
    moves: _Moves = []
    for line in lines:
        item, units = items[line.flash_sale_item_id], line.quantity
        bucket = "available" if item.settled_at is not None else "set_aside"
        moves.append((line, (line.sku, item.warehouse_id), Counts(held=-units, **{bucket: units})))
    await change_levels(session, sum_up((place, deltas) for _, place, deltas in moves), now)
    return moves


async def _write(
    session: AsyncSession,
    won: list[UUID],
    lines: Sequence[OrderLine],
    moves: _Moves,
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
    await connection.execute(insert(StockEntry), [_ledger(move, closing, now) for move in moves])
    await connection.execute(insert(OutboxMessage), messages)


def _ledger(move: _Move, closing: Closing, now: datetime) -> dict[str, Any]:
    line, place, deltas = move
    return ledger_row(place, deltas, Origin(StockCause.RELEASED, closing.actor, line.order_id), now)
