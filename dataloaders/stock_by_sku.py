"""Stock by SKU over all warehouses, a second old at most."""

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models.documents import StockDoc, dump, load_stock, stock_key
from services.catalog.cache import COUNT_TTL, catalog_cache
from services.stock.read_stock import read_stock


class StockBySku(DataLoader[str, StockDoc | None]):
    """One statement a batch for what is not cached; None for an unknown SKU."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, skus: list[str]) -> list[StockDoc | None]:
        skus_by_key = {stock_key(sku): sku for sku in skus}

        async def load(missing: Sequence[str]) -> dict[str, bytes]:
            found = await read_stock(self._infra, [skus_by_key[key] for key in missing])
            return {stock_key(document.sku): dump(document) for document in found}

        found = await catalog_cache(self._infra, COUNT_TTL).get_many(skus_by_key, load, load_stock)
        return [found.get(key) for key in skus_by_key]
