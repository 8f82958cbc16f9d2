"""Categories by id: from the cache, the rest from the database."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc, category_doc, category_key, dump, load_category
from services.catalog.views import catalog_cache


async def categories_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, CategoryDoc]:
    """Find those that exist: one round trip to Redis, one statement for the rest. Errors: StoreUnavailable."""
    ids_by_key = {category_key(category_id): category_id for category_id in ids}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        wanted = select(Category).where(Category.id.in_([ids_by_key[key] for key in missing]))
        async with infra.database.read() as session:
            documents = [category_doc(row) for row in await session.scalars(wanted)]
        return {category_key(document.id): dump(document) for document in documents}

    found = await catalog_cache(infra).get_many(ids_by_key, load, load_category)
    return {document.id: document for document in found.values()}
