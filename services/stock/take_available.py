"""Set available units of a SKU aside in the first warehouse, by priority, that has all of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import StockCause, StockLevel
from services.shared.errors import OutOfStock
from services.stock.rows import candidates


async def take_available(session: AsyncSession, sku: str, units: int, now: datetime) -> UUID:
    """Set ``units`` > 0 of what is available aside; returns the warehouse. The caller writes the ledger.

    Nothing is locked but the level that they are taken from. Errors: OutOfStock, with the most that one warehouse
    has: there is no back-order, and the item of a sale is not put together from several.
    """
    warehouse_id = await _take_from_one(session, sku, units, now)
    if warehouse_id is None:
        left = [available for _, available in await candidates(session, sku)]
        raise OutOfStock(sku, max(left, default=0))
    return warehouse_id


async def _take_from_one(session: AsyncSession, sku: str, units: int, now: datetime) -> UUID | None:
    for warehouse_id, available in await candidates(session, sku):
        if available >= units and await take_from(session, sku, warehouse_id, units, now):
            return warehouse_id
    return None


async def take_from(session: AsyncSession, sku: str, warehouse_id: UUID, units: int, now: datetime) -> bool:
    """Take ``units`` from this warehouse as ``take_available`` does; returns False when it has not so many.

    ``units`` below 0 go back.
    """
    taken = await session.execute(
        update(StockLevel)
        .where(StockLevel.sku == sku, StockLevel.warehouse_id == warehouse_id, StockLevel.available >= units)
        .values({"available": StockLevel.available - units, "set_aside": StockLevel.set_aside + units})
        .values(updated_at=now, tell_at=func.coalesce(StockLevel.tell_at, now))
        .values(last_cause=StockCause.SET_ASIDE if units > 0 else StockCause.SALE_ENDED)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


async def available_in(session: AsyncSession, sku: str, warehouse_id: UUID) -> int:
    found = select(StockLevel.available).where(StockLevel.sku == sku, StockLevel.warehouse_id == warehouse_id)
    return await session.scalar(found) or 0
