"""List the categories."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc, category_doc

MOST: Final = 1000


async def list_categories(infra: Infra, *, include_archived: bool = False) -> list[CategoryDoc]:
    """By name, at most 1000. Errors: StoreUnavailable."""
    statement = select(Category).order_by(Category.name, Category.id).limit(MOST)
    if not include_archived:
        statement = statement.where(Category.archived_at.is_(None))
    async with infra.database.read() as session:
        return [category_doc(row) for row in await session.scalars(statement)]


async def list_children(infra: Infra, parent_ids: Sequence[UUID]) -> dict[UUID, list[CategoryDoc]]:
    """By parent, each in their order, the archived ones too; one statement. Errors: StoreUnavailable."""
    statement = select(Category).where(Category.parent_id.in_(parent_ids))
    statement = statement.order_by(Category.position, Category.name, Category.id)
    found: dict[UUID, list[CategoryDoc]] = {}
    async with infra.database.read() as session:
        for row in await session.scalars(statement):
            if row.parent_id is not None:
                found.setdefault(row.parent_id, []).append(category_doc(row))
    return found


async def find_category(infra: Infra, slug: str) -> UUID | None:
    """Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        return await session.scalar(select(Category.id).where(Category.slug == slug))
