"""Put a category, with all below it, elsewhere in the tree, or to another place among its siblings."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc
from services.catalog.change_category import CategoryBased, Changed, change_category
from services.catalog.product_draft import KEEP, Keep
from services.catalog.rows import child_of, height, lock_parents, require_depth
from services.shared.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class CategoryMove:
    """``parent_id`` None: to the root. ``position`` counts from 0 among the siblings; None: behind them."""

    parent_id: UUID | Keep | None = KEEP
    position: int | None = None


async def move_category(infra: Infra, on: CategoryBased, move: CategoryMove) -> CategoryDoc:
    """Move a category to another parent or place; the siblings that make room keep their versions.

    Errors: NotFound, StaleVersion, InvalidInput (a circle, too deep, no such parent), StoreUnavailable.
    """
    if move.position is not None and move.position < 0:
        raise InvalidInput.at("position", message="must be 0 or more")

    async def work(session: AsyncSession, category: Category) -> Changed:
        before = (category.parent_id, category.position)
        if not isinstance(move.parent_id, Keep):
            levels = await lock_parents(session, move.parent_id, category.id)
            require_depth(levels + await height(session, category.id))
            category.parent_id = move.parent_id
        await _make_room(session, category, move.position)
        return Changed(category, (category.parent_id, category.position) != before)

    return await change_category(infra, on, work)


async def _make_room(session: AsyncSession, category: Category, position: int | None) -> None:
    """Number the siblings anew."""
    order = (Category.position, Category.name, Category.id)
    children = select(Category).where(child_of(category.parent_id), Category.id != category.id)
    rows = list(await session.scalars(children.order_by(*order)))
    rows.insert(len(rows) if position is None else position, category)
    for place, row in enumerate(rows):
        row.position = place
