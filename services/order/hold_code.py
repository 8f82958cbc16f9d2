"""Hold a use of a code for a quote of a flash order, and let go of it when no order has come of the quote."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.ids import new_id
from infra.runtime import Infra
from models import FlashCodeHold
from models.flash_sale_document import FlashItemDoc
from services.discount.find_code import refused
from services.discount.rows import hold_use, release_uses
from services.reservation.await_drained import await_drained
from services.reservation.keys import has_parked, use_key
from services.shared.patience import transact_for_request

log = structlog.get_logger(__name__)
_GRACE: Final = timedelta(minutes=2)
"""After a quote's end, in which what was ordered at its last moment is in the log, or undone."""
_BATCH: Final = 500


async def hold_code(
    infra: Infra,
    code_id: UUID,
    customer_id: UUID,
    item: FlashItemDoc,
    expires_at: datetime,
    buyer_id: UUID | None = None,
) -> UUID:
    """Hold a use, or go on holding the one of the customer's last quote; it counts for the buyer.

    Returns the hold's id.

    Errors: InvalidInput, StoreUnavailable.
    """
    mine = select(FlashCodeHold.id).where(
        FlashCodeHold.customer_id == customer_id, FlashCodeHold.code_id == code_id
    )
    async with infra.database.read() as session:
        earlier = await session.scalar(mine)
    if earlier is not None:
        await _require_unused(infra, customer_id, earlier)

    async def work(session: AsyncSession) -> UUID:
        place = {"sku": item.sku, "item_id": item.id, "expires_at": expires_at}
        if (held := await session.scalar(mine.with_for_update())) is not None:
            await session.execute(update(FlashCodeHold).where(FlashCodeHold.id == held).values(**place))
            return held
        hold_id = new_id()
        await hold_use(session, code_id, hold_id, buyer_id or customer_id, infra.now(), promised=False)
        row = {"id": hold_id, "code_id": code_id, "customer_id": customer_id}
        await session.execute(insert(FlashCodeHold), [row | place])
        return hold_id

    # Two quotes of one customer at once: the second finds the hold of the first.
    return await transact_for_request(infra, work, races=3)


async def _require_unused(infra: Infra, customer_id: UUID, hold_id: UUID) -> None:
    """Errors: InvalidInput, StoreUnavailable."""
    [used] = await infra.redis.execute(("EXISTS", use_key(customer_id, hold_id)))
    if used:
        raise refused("is held for an order of yours that is on its way: try again in a moment")


async def sweep_code_holds(infra: Infra) -> int:
    """Release the uses of quotes that have expired and of which no order has come; returns how many.

    An order that was placed in time is in the log: that is read to its end first. One that lies in the dead
    letters keeps its use. Errors: StoreUnavailable.
    """
    old = await _expired(infra)
    parked = {place: await has_parked(infra, *place) for place in {(row.sku, row.item_id) for row in old}}
    ids = [row.id for row in old if not parked[row.sku, row.item_id]]
    if not ids:
        return 0
    await await_drained(infra)

    async def work(session: AsyncSession) -> int:
        still = select(FlashCodeHold.id).where(FlashCodeHold.id.in_(ids), FlashCodeHold.expires_at < _due(infra))
        found = list(await session.scalars(still.order_by(FlashCodeHold.id).with_for_update()))
        if found:
            await release_uses(session, found, infra.now())
            await session.execute(delete(FlashCodeHold).where(FlashCodeHold.id.in_(found)))
        return len(found)

    released = await infra.database.transact(work, timeout=WORKERS_PATIENCE)
    log.info("code_holds.released", uses=released)
    return released


def _due(infra: Infra) -> datetime:
    return infra.now() - _GRACE


async def _expired(infra: Infra) -> list[FlashCodeHold]:
    due = select(FlashCodeHold).where(FlashCodeHold.expires_at < _due(infra)).order_by(FlashCodeHold.expires_at)
    async with infra.database.read() as session:
        return list(await session.scalars(due.limit(_BATCH)))
