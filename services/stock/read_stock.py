"""Stock by SKU over all warehouses, for the cache."""

from collections.abc import Collection

from sqlalchemy import func, select

from infra.runtime import Infra
from models import StockLevel
from models.documents import StockDoc

_SUMS = [func.sum(getattr(StockLevel, name)) for name in ("on_hand", "available", "set_aside", "held")]


async def read_stock(infra: Infra, skus: Collection[str]) -> list[StockDoc]:
    """One statement; those that exist. Errors: StoreUnavailable."""
    of_these = select(StockLevel.sku, *_SUMS).where(StockLevel.sku.in_(skus)).group_by(StockLevel.sku)
    async with infra.database.read() as session:
        return [StockDoc(sku, *map(int, sums)) for sku, *sums in await session.execute(of_these)]
