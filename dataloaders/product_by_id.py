"""Products by id: one document with variants and images."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models.documents import ProductDoc
from services.catalog.views import products_by_id


class ProductById(DataLoader[UUID, ProductDoc | None]):
    """From memory, else from Redis in one round trip, the rest from the database in four statements.

    None for an unknown id.
    """

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[ProductDoc | None]:
        found = await products_by_id(self._infra, ids)
        return [found.get(product_id) for product_id in ids]
