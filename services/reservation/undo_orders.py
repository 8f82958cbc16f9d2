"""Undo reservations that never became orders: the database will not take them any more, and Redis forgets them."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import RACES
from infra.runtime import Infra
from models import Barrier, Order
from services.reservation.release import Forget, confirm_item, release
from services.shared.barrier import ABANDONED, PERSIST, barrier_row, passed

log = structlog.get_logger(__name__)


async def undo_orders(
    infra: Infra, sku: str, item_id: UUID, order_ids: Sequence[UUID], *, timeout: float = 5.0
) -> set[UUID]:
    """Returns those that are undone; the others are in the database, and stay. ``timeout`` in seconds.

    Errors: StoreUnavailable.
    """
    undone = await refuse_orders(infra, order_ids, timeout=timeout)
    if undone:
        log.warning("orders.undone", sku=sku, orders=len(undone))
        await release(infra, {(sku, item_id): sorted(undone)}, forget=Forget.YES)
    kept = [order_id for order_id in order_ids if order_id not in undone]
    if kept:
        await confirm_item(infra, sku, item_id, kept)
    return undone


async def refuse_orders(infra: Infra, order_ids: Sequence[UUID], *, timeout: float = 5.0) -> set[UUID]:
    """Close the barrier: a message that comes late finds its row. Returns those that were never persisted."""

    async def work(session: AsyncSession) -> set[UUID]:
        seen = await passed(session, order_ids, PERSIST)
        rows = [barrier_row(i, PERSIST, infra.now(), ABANDONED) for i in order_ids if i not in seen]
        if rows:
            await (await session.connection()).execute(insert(Barrier), rows)
        return set(order_ids) - set(await session.scalars(select(Order.id).where(Order.id.in_(order_ids))))

    # The worker may persist one of them meanwhile; the next look sees it.
    return await infra.database.transact(work, timeout=timeout, races=RACES)
