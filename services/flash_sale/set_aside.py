"""Move units between ordinary stock and what is set aside for sales, with a row in the ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import StockCause, StockEntry, StockLevel
from services.errors import OutOfStock


async def set_aside(
    session: AsyncSession, sku: str, units: int, *, cause: StockCause, sale_id: UUID, actor: str, now: datetime
) -> None:
    """``units`` below 0 go back to ordinary stock. Errors: OutOfStock."""
    if units == 0:
        return
    taken = await session.execute(
        update(StockLevel)
        .where(StockLevel.sku == sku, StockLevel.available >= units)
        .values(available=StockLevel.available - units, set_aside=StockLevel.set_aside + units, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        left = await session.scalar(select(StockLevel.available).where(StockLevel.sku == sku))
        raise OutOfStock(sku, left or 0)
    session.add(
        StockEntry(
            id=new_id(),
            sku=sku,
            cause=cause,
            available=-units,
            set_aside=units,
            actor=actor,
            reference=sale_id,
            at=now,
        )
    )
