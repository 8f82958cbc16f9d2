"""Tell once that a SKU is low, at the moment at which it becomes so."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import StockLevel, StockThreshold
from services.shared.events import StockLow
from services.shared.tell import tell


async def note_low_stock(session: AsyncSession, skus: Collection[str], now: datetime) -> None:
    """After the levels of these SKUs were changed in this transaction: one statement when none has a threshold.

    The thresholds' rows are locked before the sums are read. So of two transactions that change the levels of two
    warehouses, the second reads what both have done, and tells of the crossing if there was one.
    """
    if not skus:
        return
    locked = select(StockThreshold.sku, StockThreshold.units, StockThreshold.is_low)
    locked = locked.where(StockThreshold.sku.in_(sorted(skus))).order_by(StockThreshold.sku).with_for_update()
    thresholds = {row.sku: row for row in await session.execute(locked)}
    if not thresholds:
        return
    left = await read_sellable(session, thresholds)
    crossed = {sku: left[sku] for sku, row in thresholds.items() if (left[sku] <= row.units) != row.is_low}
    for sku in sorted(crossed):
        is_low = not thresholds[sku].is_low
        await session.execute(
            update(StockThreshold).where(StockThreshold.sku == sku).values(is_low=is_low, updated_at=now)
        )
    low = [sku for sku in sorted(crossed) if not thresholds[sku].is_low]
    await tell(session, now, *(StockLow(sku, left[sku], thresholds[sku].units) for sku in low))


async def read_sellable(session: AsyncSession, skus: Collection[str]) -> dict[str, int]:
    """What customers can order, over all warehouses."""
    units = func.sum(StockLevel.available + StockLevel.set_aside)
    found = await session.execute(
        select(StockLevel.sku, units).where(StockLevel.sku.in_(sorted(skus))).group_by(StockLevel.sku)
    )
    return dict.fromkeys(skus, 0) | {row[0]: int(row[1]) for row in found}
