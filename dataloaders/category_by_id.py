"""Categories by id."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH
from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc, category_doc, category_key, dump, load_category
from services.catalog.views import catalog_cache


class CategoryById(DataLoader[UUID, CategoryDoc | None]):
    """One round trip to Redis, one statement for the rest; None for an unknown id."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[CategoryDoc | None]:
        ids_by_key = {category_key(category_id): category_id for category_id in ids}

        async def load(missing: Sequence[str]) -> dict[str, bytes]:
            found = await self._read([ids_by_key[key] for key in missing])
            return {category_key(document.id): dump(document) for document in found}

        found = await catalog_cache(self._infra).get_many(ids_by_key, load, load_category)
        return [found.get(key) for key in ids_by_key]

    async def _read(self, ids: Sequence[UUID]) -> list[CategoryDoc]:
        async with self._infra.database.read() as session:
            rows = await session.scalars(select(Category).where(Category.id.in_(ids)))
            return [category_doc(row) for row in rows]
