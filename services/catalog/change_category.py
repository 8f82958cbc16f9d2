"""The one way to change categories: a transaction, run again when a race was lost."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc, category_doc
from services.catalog.patiently import patiently
from services.catalog.rows import lock_version


@dataclass(frozen=True, slots=True)
class CategoryBased:
    """The category, and the version of it that the change was made up from."""

    category_id: UUID
    version: int


@dataclass(slots=True)
class Changed:
    """The category, and whether it is another than it was."""

    category: Category
    is_changed: bool = True


async def change_category(
    infra: Infra, on: CategoryBased, work: Callable[[AsyncSession, Category], Awaitable[Changed]]
) -> CategoryDoc:
    """Change a category by ``work``, based on a version. What changes nothing leaves the version as it is.

    Errors: NotFound, StaleVersion, what ``work`` raises, StoreUnavailable.
    """

    async def run(session: AsyncSession) -> Changed:
        changed = await work(session, await lock_version(session, on.category_id, on.version))
        if changed.is_changed:
            changed.category.version += 1
        return changed

    return await run_change(infra, run)


async def run_change(infra: Infra, run: Callable[[AsyncSession], Awaitable[Changed]]) -> CategoryDoc:
    """Change a category in one transaction."""
    return category_doc((await patiently(infra, run)).category)
