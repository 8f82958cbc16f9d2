"""Tie armed orders to the orders that a press has made of them, when those are persisted: then one is charged."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import ArmedOrder, ArmedState
from models.order_document import OrderSnapshot

ARMED = (ArmedState.SETTING_UP, ArmedState.READY)


async def place_armed(session: AsyncSession, orders: Sequence[OrderSnapshot], now: datetime) -> set[UUID]:
    """Returns the orders that are charged by themselves; each armed order is one order's, the first one's. Of
    another the customer is asked for the money, as of any order."""
    wanted: dict[UUID, OrderSnapshot] = {}
    for order in orders:
        if order.armed is not None:
            wanted.setdefault(order.armed, order)
    if not wanted:
        return set()
    armed = select(ArmedOrder.id, ArmedOrder.customer_id).where(
        ArmedOrder.id.in_(wanted), ArmedOrder.state.in_(ARMED)
    )
    found = (await session.execute(armed.order_by(ArmedOrder.id).with_for_update())).all()
    mine = [armed_id for armed_id, customer_id in found if wanted[armed_id].customer_id == customer_id]
    for armed_id in mine:
        order = wanted[armed_id]
        is_free = order.total == 0
        state = ArmedState.CHARGED if is_free else ArmedState.PLACED
        due, forget = (None, now) if is_free else (now, None)
        change = {"state": state, "order_id": order.id, "due_at": due, "forget_at": forget, "updated_at": now}
        await session.execute(
            update(ArmedOrder)
            .where(ArmedOrder.id == armed_id)
            .values(change)
            .execution_options(synchronize_session=False)
        )
    return {wanted[armed_id].id for armed_id in mine}
