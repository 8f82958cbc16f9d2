"""Take a category out of the shop, or bring it back. Its products stay, and stay where they are."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc
from services.catalog.change_category import CategoryBased, Changed, change_category
from services.catalog.rows import lock_category
from services.shared.errors import InvalidInput


async def archive_category(infra: Infra, on: CategoryBased) -> CategoryDoc:
    """Errors: NotFound, StaleVersion, InvalidInput (it has children that are not archived), StoreUnavailable."""

    async def work(session: AsyncSession, category: Category) -> Changed:
        if category.archived_at is not None:
            return Changed(category, is_changed=False)
        children = select(Category.id).where(Category.parent_id == category.id, Category.archived_at.is_(None))
        if await session.scalar(children.limit(1)) is not None:
            raise InvalidInput.at("id", message="has categories below it: archive or move these first")
        category.archived_at = infra.now()
        return Changed(category)

    return await change_category(infra, on, work)


async def restore_category(infra: Infra, on: CategoryBased) -> CategoryDoc:
    """Errors: NotFound, StaleVersion, InvalidInput (its parent is archived), StoreUnavailable."""

    async def work(session: AsyncSession, category: Category) -> Changed:
        if category.archived_at is None:
            return Changed(category, is_changed=False)
        parent = category.parent_id and await lock_category(session, category.parent_id)
        if parent and parent.archived_at is not None:
            raise InvalidInput.at("id", message="is below an archived category: restore or leave that first")
        category.archived_at = None
        return Changed(category)

    return await change_category(infra, on, work)
