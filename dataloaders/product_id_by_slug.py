"""Product ids by slug."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models import Product, SlugRedirect
from models.documents import slug_key
from services.catalog.views import product_ids


class ProductIdBySlug(DataLoader[str, UUID | None]):
    """One round trip to Redis, a statement for the rest, and one for slugs of before; None for an unknown slug."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, slugs: list[str]) -> list[UUID | None]:
        found = await product_ids(self._infra, slugs, slug_key, self._read)
        return [found.get(slug) for slug in slugs]

    async def _read(self, slugs: Sequence[str]) -> dict[str, UUID]:
        async with self._infra.database.read() as session:
            rows = await session.execute(select(Product.slug, Product.id).where(Product.slug.in_(slugs)))
            found = dict(rows.all())
            if others := [slug for slug in slugs if slug not in found]:
                old = select(SlugRedirect.slug, SlugRedirect.product_id).where(SlugRedirect.slug.in_(others))
                found |= dict((await session.execute(old)).all())
            return found
