"""Stock levels by SKU, always from the database: a count that is minutes old helps nobody."""

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models import StockLevel


class StockBySku(DataLoader[str, StockLevel | None]):
    """One statement a batch; None for an unknown SKU."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, skus: list[str]) -> list[StockLevel | None]:
        async with self._infra.database.read() as session:
            rows = await session.scalars(select(StockLevel).where(StockLevel.sku.in_(skus)))
            levels = {level.sku: level for level in rows}
        return [levels.get(sku) for sku in skus]
