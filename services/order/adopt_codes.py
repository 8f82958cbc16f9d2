"""Adopt the uses of codes that quotes hold, when the orders that were quoted are persisted."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models.order_document import OrderSnapshot
from services.discount.rows import adopt_uses, hold_promised


async def adopt_codes(session: AsyncSession, orders: Sequence[OrderSnapshot], now: datetime) -> set[UUID]:
    """Make the uses the orders' own. One that is gone - swept, while its order lay in the dead letters - is held
    anew. Returns the orders that get none: by no code is more sold than it allows."""
    holds: dict[UUID, OrderSnapshot] = {}
    for order in orders:
        if order.code_hold is not None:
            holds.setdefault(order.code_hold, order)
    if not holds:
        return set()
    adopted = await adopt_uses(session, {hold_id: order.id for hold_id, order in holds.items()}, now)
    served = {holds[hold_id].id for hold_id in adopted}
    for order in orders:
        if order.code_hold and order.id not in served and await _hold_anew(session, order, now):
            served.add(order.id)
    return {order.id for order in orders if order.code_hold and order.id not in served}


async def _hold_anew(session: AsyncSession, order: OrderSnapshot, now: datetime) -> bool:
    code = order.charges.discount_code if order.charges else None
    return code is not None and await hold_promised(session, code, order.id, order.customer_id, now)
