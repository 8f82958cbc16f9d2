"""Variants by id, out of their product's document."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from dataloaders.product_by_id import ProductById
from infra.runtime import Infra
from models.documents import VariantDoc
from services.catalog.views import product_ids_of_variants


class VariantById(DataLoader[UUID, VariantDoc | None]):
    """A pointer to the product, then its document: a variant is cached once. None for an unknown id."""

    def __init__(self, infra: Infra, products: ProductById) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra
        self._products = products

    async def _load_batch(self, ids: list[UUID]) -> list[VariantDoc | None]:
        owners = await product_ids_of_variants(self._infra, ids)
        known = dict.fromkeys(owners.values())
        documents = dict(zip(known, await self._products.load_many(known), strict=True))
        products = [documents[owners[key]] if key in owners else None for key in ids]
        return [product.variant(key) if product else None for product, key in zip(products, ids, strict=True)]
