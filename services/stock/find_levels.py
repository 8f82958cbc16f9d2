"""Read what staff see of a SKU's stock: not cached."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import select

from infra.runtime import Infra
from models import StockLevel, StockThreshold, Warehouse


async def find_levels(infra: Infra, skus: Collection[str]) -> dict[str, Sequence[StockLevel]]:
    """Find each SKU's levels, in the order in which orders take from the warehouses. Errors: StoreUnavailable."""
    wanted = (
        select(StockLevel)
        .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
        .where(StockLevel.sku.in_(skus))
        .order_by(Warehouse.priority, Warehouse.code)
    )
    found: dict[str, list[StockLevel]] = defaultdict(list)
    async with infra.database.read() as session:
        for row in await session.scalars(wanted):
            found[row.sku].append(row)
    return dict(found)


async def thresholds_of_skus(infra: Infra, skus: Collection[str]) -> dict[str, StockThreshold]:
    """Find at how many units each SKU is low, of those that have such a threshold. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        rows = await session.scalars(select(StockThreshold).where(StockThreshold.sku.in_(skus)))
        return {row.sku: row for row in rows}
