"""List the categories."""

from typing import Final

from sqlalchemy import select

from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc, category_doc

MOST: Final = 1000


async def list_categories(infra: Infra) -> list[CategoryDoc]:
    """Those that are not archived, by name, at most 1000. Errors: StoreUnavailable."""
    statement = select(Category).where(Category.archived_at.is_(None))
    statement = statement.order_by(Category.name, Category.id).limit(MOST)
    async with infra.database.read() as session:
        return [category_doc(row) for row in await session.scalars(statement)]
