"""Hold units of ordinary stock for an order: the reservation of a checkout that is no flash sale's.

The steps of an order with ordinary stock, each to be called in the transaction of what goes with it:

    hold_stock      available -> held           the order is placed
    release_stock   held -> available           cancelled, expired, refused; or the saga is undone
    commit_stock    held -> committed           paid
    ship_stock      committed -> gone           shipped

A step is done once an order, however often it is called: a barrier row (``services/shared/barrier.py``) and the
hold's state see to it. Each writes its rows into the ledger and invalidates what is cached (models/changes.py).
``commit_stock`` and ``ship_stock`` know the units of flash orders too. All lock in the order of
``services/stock/levels.py``; who runs them through ``infra.database.transact`` has deadlocks retried.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import HoldState, StockCause, StockEntry, StockHold
from services.shared.barrier import HOLD, STOCK, enter
from services.stock.counts import Counts
from services.stock.levels import Origin, ledger_row
from services.stock.low_stock import note_low_stock
from services.stock.take import take_available

Held = Mapping[str, UUID]
"""The warehouse of each SKU."""


class HoldReleased(Exception):
    """The order was released: before it was held, or since. Nothing is held for it, and nothing will be."""


async def hold(infra: Infra, order_id: UUID, units: Mapping[str, int], actor: str) -> Held:
    """``hold_stock`` in a transaction of its own. Errors: OutOfStock, HoldReleased, StoreUnavailable (it is not
    known whether it was held: call it again, or release)."""
    return await infra.database.transact(
        lambda session: hold_stock(session, order_id, units, actor, infra.now()),
        timeout=2 * infra.settings.store_timeout,
    )


async def hold_stock(
    session: AsyncSession, order_id: UUID, units: Mapping[str, int], actor: str, now: datetime
) -> Held:
    """Hold ``units`` (> 0, by SKU) for the order: all of them, or an error and the caller's transaction is void.

    Each SKU comes from one warehouse, the first by priority that has all of its units: no back-order, no line from
    two places. Called again for the order it returns what is held, whatever the ``units`` say then.
    Errors: OutOfStock (the SKU, and the most that one warehouse has), HoldReleased.
    """
    if not units or any(count <= 0 for count in units.values()):
        raise ValueError("units to hold must be above 0")
    if not await enter(session, [order_id], HOLD, now, branch=STOCK):
        return await _as_before(session, order_id)
    held = {
        sku: await take_available(session, sku, units[sku], "held", now) for sku in sorted(units, key=str.encode)
    }
    await note_low_stock(session, held, now)
    await _write(session, order_id, units, held, Origin(StockCause.HELD, actor, order_id), now)
    return held


async def _as_before(session: AsyncSession, order_id: UUID) -> Held:
    rows = await session.scalars(select(StockHold).where(StockHold.order_id == order_id))
    held = {row.sku: row.warehouse_id for row in rows if row.state != HoldState.RELEASED}
    if not held:
        raise HoldReleased
    return held


async def _write(
    session: AsyncSession, order_id: UUID, units: Mapping[str, int], held: Held, origin: Origin, now: datetime
) -> None:
    holds = [
        {
            "order_id": order_id,
            "sku": sku,
            "warehouse_id": warehouse_id,
            "quantity": units[sku],
            "state": HoldState.HELD,
            "created_at": now,
            "updated_at": now,
        }
        for sku, warehouse_id in held.items()
    ]
    deltas = {sku: Counts(available=-count, held=count) for sku, count in units.items()}
    ledger = [ledger_row((sku, where), deltas[sku], origin, now) for sku, where in held.items()]
    await session.execute(insert(StockHold), holds)
    await session.execute(insert(StockEntry), ledger)
