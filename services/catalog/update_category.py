"""Change what a category is called."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc
from services.catalog.change_category import CategoryBased, Changed, change_category
from services.catalog.create_category import category_problems
from services.catalog.rows import require_free_slug
from services.shared.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """None: as it is."""

    name: str | None = None
    slug: str | None = None


async def update_category(infra: Infra, on: CategoryBased, change: CategoryChange) -> CategoryDoc:
    """Errors: NotFound, StaleVersion, SlugTaken, InvalidInput, StoreUnavailable."""
    if problems := category_problems(change.name, change.slug):
        raise InvalidInput(problems)

    async def work(session: AsyncSession, category: Category) -> Changed:
        before = (category.name, category.slug)
        if change.slug is not None and change.slug != category.slug:
            await require_free_slug(session, change.slug)
            category.slug = change.slug
        if change.name is not None:
            category.name = change.name.strip()
        return Changed(category, (category.name, category.slug) != before)

    return await change_category(infra, on, work)
