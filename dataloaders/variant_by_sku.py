"""Variants by SKU, out of their product's document."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from dataloaders.product_by_id import ProductById
from infra.runtime import Infra
from models import Variant
from models.documents import VariantDoc, sku_key
from services.catalog.views import product_ids


class VariantBySku(DataLoader[str, VariantDoc | None]):
    """A pointer to the product, then its document: a variant is cached once. None for an unknown SKU."""

    def __init__(self, infra: Infra, products: ProductById) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra
        self._products = products

    async def _load_batch(self, skus: list[str]) -> list[VariantDoc | None]:
        owners = await product_ids(self._infra, skus, sku_key, self._read)
        known = dict.fromkeys(owners.values())
        documents = dict(zip(known, await self._products.load_many(known), strict=True))
        products = [documents[owners[sku]] if sku in owners else None for sku in skus]
        return [
            product.variant_of_sku(sku) if product else None for product, sku in zip(products, skus, strict=True)
        ]

    async def _read(self, skus: Sequence[str]) -> dict[str, UUID]:
        async with self._infra.database.read() as session:
            rows = await session.execute(select(Variant.sku, Variant.product_id).where(Variant.sku.in_(skus)))
            return dict(rows.all())
