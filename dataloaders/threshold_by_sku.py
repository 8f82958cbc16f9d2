"""At how many units a SKU is low. For staff."""

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models import StockThreshold


class ThresholdBySku(DataLoader[str, StockThreshold | None]):
    """One statement a batch."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, skus: list[str]) -> list[StockThreshold | None]:
        async with self._infra.database.read() as session:
            rows = await session.scalars(select(StockThreshold).where(StockThreshold.sku.in_(skus)))
            found = {row.sku: row for row in rows}
        return [found.get(sku) for sku in skus]
