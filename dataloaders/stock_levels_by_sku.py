"""A SKU's levels, one a warehouse. For staff, so they are not cached."""

from collections import defaultdict

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models import StockLevel, Warehouse


class StockLevelsBySku(DataLoader[str, list[StockLevel]]):
    """One statement a batch; in the order in which orders take from the warehouses."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, skus: list[str]) -> list[list[StockLevel]]:
        wanted = (
            select(StockLevel)
            .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
            .where(StockLevel.sku.in_(skus))
            .order_by(Warehouse.priority, Warehouse.code)
        )
        found: dict[str, list[StockLevel]] = defaultdict(list)
        async with self._infra.database.read() as session:
            for row in await session.scalars(wanted):
                found[row.sku].append(row)
        return [found[sku] for sku in skus]
