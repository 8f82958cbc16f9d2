"""Close orders: CANCELLED, EXPIRED or REFUNDED, the stock given back, database first, then Redis."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import (
    Barrier,
    MailKind,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Shipment,
    StockCause,
)
from services.discount.rows import release_uses
from services.money.request_refund import give_money_back, give_up_payments
from services.order.give_back_to_sales import give_back_to_sales
from services.order.queue_order_mails import mailed_orders, queue_order_mails, with_money_back
from services.order.rows import event_row
from services.reservation.release import ItemOrders, release
from services.shared.barrier import RELEASE, barrier_row
from services.shared.events import Held, OrderCancelled, OrderClosed, OrderExpired, OrderRefunded
from services.shared.tell import tell
from services.stock.order_steps import OrderMove, apply_moves, take_back

log = structlog.get_logger(__name__)
_EVENTS: Final[Mapping[OrderStatus, type[OrderClosed]]] = {
    OrderStatus.CANCELLED: OrderCancelled,
    OrderStatus.EXPIRED: OrderExpired,
    OrderStatus.REFUNDED: OrderRefunded,
}
_MAILS: Final[Mapping[OrderStatus, MailKind]] = {
    OrderStatus.CANCELLED: MailKind.ORDER_CANCELLED,
    OrderStatus.EXPIRED: MailKind.ORDER_EXPIRED,
}
"""Of a refund its money tells."""


@dataclass(frozen=True, slots=True)
class Closing:
    """To which state, by whom and why. Of paid orders only those are closed of which nothing was shipped.

    ``others``: orders that are closed by another, or for another reason: (actor, note).
    """

    status: OrderStatus
    actor: str
    note: str | None = None
    sources: tuple[OrderStatus, ...] = (OrderStatus.AWAITING_PAYMENT,)
    others: Mapping[UUID, tuple[str, str | None]] = field(default_factory=dict)

    def of(self, order_id: UUID) -> tuple[str, str | None]:
        """Returns the order's actor and note."""
        return self.others.get(order_id, (self.actor, self.note))

    def refund(self, order_id: UUID) -> tuple[str, str]:
        """Returns the reason and the actor of a refund."""
        actor, note = self.of(order_id)
        return note or f"The order is {self.status.value}.", actor


async def close_orders(
    session: AsyncSession, order_ids: Sequence[UUID], closing: Closing, now: datetime
) -> ItemOrders:
    """Close orders, in the caller's transaction: move those that are in one of the closing's sources, and give
    their units back, and the money if they were paid.

    The compare-and-set on the status names the one winner of a race with a payment, a shipment or another closing:
    orders that are in another state are left alone. Returns what to release in Redis after the commit.
    """
    locked = select(Order.id, Order.status, Order.total)
    locked = locked.where(Order.id.in_(order_ids), Order.status.in_(closing.sources)).order_by(Order.id)
    before = {row.id: row for row in await session.execute(locked.with_for_update())}
    won = await _unshipped(session, {row.id: row.status for row in before.values()})
    if not won:
        return {}
    await session.execute(
        update(Order)
        .where(Order.id.in_(won), Order.status.in_(closing.sources))
        .values(status=closing.status, expires_at=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    await release_uses(session, won, now)
    of_orders = select(OrderLine).where(OrderLine.order_id.in_(won)).order_by(OrderLine.position)
    lines = list(await session.scalars(of_orders))
    paid = {order_id for order_id in won if before[order_id].status == OrderStatus.PAID}
    moves = await _give_back(session, lines, paid, now)
    await apply_moves(session, moves, StockCause.RELEASED, {id_: closing.of(id_)[0] for id_ in won}, now)
    await give_up_payments(session, won, now)
    back = await give_money_back(session, {id_: closing.refund(id_) for id_ in paid}, now) if paid else {}
    await _write(session, won, lines, closing, {id_ for id_ in paid if before[id_].total}, now)
    await _mail_closed(session, closing.status, won, lines, back, now)
    return _by_item(lines)


async def _unshipped(session: AsyncSession, before: Mapping[UUID, str]) -> list[UUID]:
    """Shipments lock the order as well, so what is read here stays so."""
    paid = [order_id for order_id, status in before.items() if status == OrderStatus.PAID]
    if not paid:
        return list(before)
    shipped = set(await session.scalars(select(Shipment.order_id).where(Shipment.order_id.in_(paid))))
    return [order_id for order_id in before if order_id not in shipped]


async def release_closed(infra: Infra, orders: ItemOrders) -> None:
    """Release the closed orders' holds in Redis, after the commit.

    What fails here is done again by the worker that reads the order's event.
    """
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


async def _give_back(
    session: AsyncSession, lines: Sequence[OrderLine], paid: Set[UUID], now: datetime
) -> list[OrderMove]:
    """Units of a sale to its item, or to ordinary stock once that is settled; those of a checkout to where they
    were held. What is to become of the levels is returned, so that all of them are changed in one order.
    """
    from_sales = [line for line in lines if line.flash_sale_item_id is not None]
    others = {line.order_id for line in lines if line.flash_sale_item_id is None}
    moves = await give_back_to_sales(session, [(line, line.kept) for line in from_sales], paid)
    return moves + (await take_back(session, others, now) if others else [])


async def _write(
    session: AsyncSession,
    won: list[UUID],
    lines: Sequence[OrderLine],
    closing: Closing,
    due: Set[UUID],
    now: datetime,
) -> None:
    """The event says whether there is money to be given back: of the orders ``due``."""
    connection = await session.connection()
    events = [
        event_row(order_id, closing.status, closing.of(order_id)[0], now, closing.of(order_id)[1])
        for order_id in won
    ]
    barriers = [barrier_row(order_id, RELEASE, now) for order_id in won]
    held: dict[UUID, list[Held]] = defaultdict(list)
    for line in lines:
        if line.flash_sale_item_id is not None:
            held[line.order_id].append(Held(line.sku, line.flash_sale_item_id))
    await connection.execute(insert(OrderEvent), events)
    await connection.execute(insert(Barrier), barriers)
    closed = _EVENTS[closing.status]
    await tell(session, now, *(closed(order_id, tuple(held[order_id]), order_id in due) for order_id in won))


async def _mail_closed(
    session: AsyncSession,
    status: OrderStatus,
    won: list[UUID],
    lines: Sequence[OrderLine],
    back: Mapping[UUID, int],
    now: datetime,
) -> None:
    if kind := _MAILS.get(status):
        mailed = await mailed_orders(session, won, lines)
        told = [with_money_back(order, back.get(order_id, 0)) for order_id, order in mailed.items()]
        await queue_order_mails(session, kind, told, now)
