"""Which warehouse: the one that has enough, and whether one may be used."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import StockLevel, Warehouse
from services.shared.errors import NotFound

NO_WAREHOUSE = "There is no such warehouse."


async def candidates(session: AsyncSession, sku: str) -> list[tuple[UUID, int]]:
    """The active warehouses that have the SKU, and how many are available; the first choice first. No lock."""
    found = await session.execute(_by_priority(sku))
    return [(row[0], row[1]) for row in found]


def _by_priority(sku: str) -> Select[UUID, int]:
    return (
        select(StockLevel.warehouse_id, StockLevel.available)
        .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
        .where(StockLevel.sku == sku, Warehouse.active.is_(True))
        .order_by(Warehouse.priority, Warehouse.code)
    )


async def require_active(session: AsyncSession, warehouse_id: UUID) -> None:
    """It stays active until the transaction ends. Errors: NotFound."""
    locked = select(Warehouse.active).where(Warehouse.id == warehouse_id).with_for_update(read=True)
    if not await session.scalar(locked):
        raise NotFound(NO_WAREHOUSE)
