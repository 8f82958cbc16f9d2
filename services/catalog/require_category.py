"""The category that a product is put into must be there."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models import Category
from services.catalog.changes import Keep
from services.shared.errors import InvalidInput


async def require_category(session: AsyncSession, category_id: UUID | Keep | None) -> None:
    """Errors: InvalidInput at ``categoryId``, also for one that is archived."""
    if category_id is None or isinstance(category_id, Keep):
        return
    category = await session.get(Category, category_id)
    if category is None:
        raise InvalidInput.at("categoryId", message="there is no such category")
    if category.archived_at is not None:
        raise InvalidInput.at("categoryId", message="is an archived category")
