"""Products by id: one document with variants and images."""

from collections.abc import Sequence
from uuid import UUID

from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models.documents import ProductDoc, dump, load_product, product_key
from services.catalog.cache import catalog_cache
from services.catalog.read_products import read_products


class ProductById(DataLoader[UUID, ProductDoc | None]):
    """From memory, else from Redis in one round trip, the rest from the database in four statements.

    None for an unknown id.
    """

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[ProductDoc | None]:
        ids_by_key = {product_key(product_id): product_id for product_id in ids}

        async def load(missing: Sequence[str]) -> dict[str, bytes]:
            found = await read_products(self._infra, [ids_by_key[key] for key in missing])
            return {product_key(document.id): dump(document) for document in found}

        found = await catalog_cache(self._infra).get_many(ids_by_key, load, load_product)
        return [found.get(key) for key in ids_by_key]
