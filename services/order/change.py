"""What every change of an order by a person has in common: whose order, its row locked, history and one event."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderEvent, OrderStatus
from models.order_document import OrderView
from services.order.find_orders import find_order
from services.shared.errors import InvalidTransition, NotFound, TryAgain
from services.shared.order_states import may_become

NO_ORDER = "There is no such order."


async def lock_status(session: AsyncSession, order_id: UUID) -> OrderStatus:
    """Whoever changes the order waits from here on. Errors: NotFound."""
    status = await session.scalar(select(Order.status).where(Order.id == order_id).with_for_update())
    if status is None:
        raise NotFound(NO_ORDER)
    return OrderStatus(status)


async def move(session: AsyncSession, order_id: UUID, target: OrderStatus, now: datetime) -> bool:
    """By compare-and-set; False when it is there already. Errors: NotFound, InvalidTransition."""
    status = await lock_status(session, order_id)
    if status == target:
        return False
    if not may_become(status, target):
        raise InvalidTransition(status, target)
    changed = await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.status == status)
        .values(status=target, expires_at=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise InvalidTransition(status, target)
    return True


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
    """A row of the history."""
    row = {"id": new_id(), "order_id": order_id, "status": status, "actor": actor, "note": text, "at": now}
    await session.execute(insert(OrderEvent), [row | {"internal": internal}])


async def current_view(infra: Infra, order_id: UUID) -> OrderView:
    """After the commit: who watches is told. Errors: NotFound, TryAgain."""
    infra.signals.send([order_id])
    try:
        found = await find_order(infra, order_id, None)
    except StoreUnavailable as error:
        raise TryAgain from error
    if found is None:
        raise NotFound(NO_ORDER)
    return found
