"""Variants by id, out of their product's document."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH, product_ids
from dataloaders.product_by_id import ProductById
from infra.runtime import Infra
from models import Variant
from models.documents import VariantDoc, variant_key


class VariantById(DataLoader[UUID, VariantDoc | None]):
    """A pointer to the product, then its document: a variant is cached once. None for an unknown id."""

    def __init__(self, infra: Infra, products: ProductById) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra
        self._products = products

    async def _load_batch(self, ids: list[UUID]) -> list[VariantDoc | None]:
        owners = await product_ids(self._infra, ids, variant_key, self._read)
        known = dict.fromkeys(owner for owner in owners if owner is not None)
        documents = dict(zip(known, await self._products.load_many(known), strict=True))
        products = [documents.get(owner) if owner else None for owner in owners]
        return [product.variant(key) if product else None for product, key in zip(products, ids, strict=True)]

    async def _read(self, ids: Sequence[UUID]) -> dict[UUID, UUID]:
        async with self._infra.database.read() as session:
            rows = await session.execute(select(Variant.id, Variant.product_id).where(Variant.id.in_(ids)))
            return dict(rows.all())
