"""Stock by SKU over all warehouses, a second old at most."""

from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models.documents import StockDoc
from services.stock.views import stock_by_sku


class StockBySku(DataLoader[str, StockDoc | None]):
    """One statement a batch for what is not cached; None for an unknown SKU."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, skus: list[str]) -> list[StockDoc | None]:
        found = await stock_by_sku(self._infra, skus)
        return [found.get(sku) for sku in skus]
