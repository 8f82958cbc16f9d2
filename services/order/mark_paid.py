"""Orders are paid. Payments call this in the transaction in which they note the money."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import MailKind, Order, OrderEvent, OrderStatus
from services.discount.rows import commit_uses
from services.order.queue_order_mails import MailedOrder, queue_order_mails
from services.shared.events import OrderPaid
from services.shared.tell import Told, tell
from services.stock.order_steps import commit_stock

_FREE: Final = "There is nothing to pay."


async def mark_paid(
    session: AsyncSession,
    order_ids: Collection[UUID],
    actor: str,
    now: datetime,
    *,
    note: str | None = None,
    traces: Mapping[UUID, str | None] | None = None,
    waiting: bool = False,
) -> set[UUID]:
    """Mark orders paid, however many in one go: AWAITING_PAYMENT -> PAID, the units and the use of a code held ->
    committed; returns those that are PAID by this.

    The compare-and-set names the one winner of a race with expiry or cancellation: of an order that was in another
    state the money is to be given back. The rows that many wait for, those of the stock, are locked last. The
    caller sends ``infra.signals`` after the commit. ``traces``: in which an order's event is told. ``waiting``:
    the caller has them locked, and all of them wait.
    """
    won = sorted(order_ids) if waiting or not order_ids else await _lock_waiting(session, order_ids)
    if not won:
        return set()
    await session.execute(
        update(Order)
        .where(Order.id.in_(won), Order.status == OrderStatus.AWAITING_PAYMENT)
        .values(status=OrderStatus.PAID, expires_at=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    await commit_uses(session, won, now)
    change = {"status": OrderStatus.PAID, "actor": actor, "note": note, "at": now, "internal": False}
    events = [{"id": new_id(), "order_id": order_id, **change} for order_id in won]
    await (await session.connection()).execute(insert(OrderEvent), events)
    await tell(session, now, *(Told(OrderPaid(order_id), (traces or {}).get(order_id)) for order_id in won))
    await commit_stock(session, won, actor, now)
    return set(won)


async def _lock_waiting(session: AsyncSession, order_ids: Collection[UUID]) -> list[UUID]:
    found = select(Order.id).where(Order.id.in_(order_ids), Order.status == OrderStatus.AWAITING_PAYMENT)
    return list(await session.scalars(found.order_by(Order.id).with_for_update()))


async def mark_free_paid(
    session: AsyncSession, orders: Collection[tuple[UUID, MailedOrder]], actor: str, now: datetime
) -> None:
    """Mark orders paid that cost nothing: in the transaction that has made them AWAITING_PAYMENT, so nobody has
    seen them wait, and no provider is asked."""
    if orders:
        await mark_paid(session, [order_id for order_id, _ in orders], actor, now, note=_FREE)
        said = [replace(mailed, values={**mailed.values, "variant": "free"}) for _, mailed in orders]
        await queue_order_mails(session, MailKind.RECEIPT, said, now)
