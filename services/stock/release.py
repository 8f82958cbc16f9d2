"""Give back what orders hold of ordinary stock. The units of flash orders go back with ``close_orders``."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import HoldState, StockCause
from services.shared.barrier import HOLD, RELEASE, STOCK, enter
from services.stock.counts import Counts
from services.stock.moves import OrderMove, apply_moves, turn_holds


async def release(infra: Infra, order_id: UUID, actor: str) -> bool:
    """``release_stock`` of one order in a transaction of its own; True when something was given back.

    Errors: StoreUnavailable (call it again).
    """

    async def work(session: AsyncSession) -> bool:
        return bool(await release_stock(session, [order_id], actor, infra.now()))

    return await infra.database.transact(work, timeout=2 * infra.settings.store_timeout)


async def release_stock(
    session: AsyncSession, order_ids: Collection[UUID], actor: str, now: datetime
) -> set[UUID]:
    """In the caller's transaction; returns the orders of which units were given back.

    Units that were paid for go back too: whether they may is for the order's state to say. Shipped ones do not.
    An order that was never held stays so: a hold that comes late finds it released (null compensation).
    """
    moves = await take_back(session, order_ids, now)
    await apply_moves(session, moves, StockCause.RELEASED, actor, now)
    return {move.order_id for move in moves}


async def take_back(session: AsyncSession, order_ids: Collection[UUID], now: datetime) -> list[OrderMove]:
    """The same without the levels and the ledger, which are the caller's to change."""
    await enter(session, list(order_ids), HOLD, now, RELEASE, branch=STOCK)
    kept = (HoldState.HELD, HoldState.COMMITTED)
    holds = await turn_holds(session, order_ids, kept, HoldState.RELEASED, now)
    return [OrderMove(h.order_id, (h.sku, h.warehouse_id), _back(h.state, h.quantity)) for h in holds]


def _back(state: HoldState, units: int) -> Counts:
    if state == HoldState.HELD:
        return Counts(available=units, held=-units)
    return Counts(available=units, committed=-units)
