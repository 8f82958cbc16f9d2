"""Rows that the catalog's verbs share: the tree of categories under its locks, and the tables of the index."""

from collections.abc import Collection, Sequence
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.insert_ignoring import insert_ignoring
from models import Base, Category, ListingName, ProductListing, SearchDocument, SearchPosting, SearchText
from services.catalog.product_draft import Keep
from services.catalog.rules import MOST_LEVELS
from services.shared.errors import InvalidInput, NotFound, SlugTaken, StaleVersion


async def lock_category(session: AsyncSession, category_id: UUID) -> Category:
    """Errors: NotFound."""
    locked = select(Category).where(Category.id == category_id).with_for_update()
    found = await session.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such category.")
    return found


async def lock_version(session: AsyncSession, category_id: UUID, version: int) -> Category:
    """Errors: NotFound, StaleVersion."""
    found = await lock_category(session, category_id)
    if found.version != version:
        raise StaleVersion(found.version)
    return found


async def lock_parents(session: AsyncSession, parent_id: UUID | None, child_id: UUID | None = None) -> int:
    """Lock the new parent and all above it; the number of these. ``child_id``: what is moved there.

    A statement a level. Errors: InvalidInput at ``parentId``.
    """
    levels = 0
    above = parent_id
    while above is not None:
        if above == child_id:
            raise InvalidInput.at("parentId", message="is the category itself or below it")
        try:
            category = await lock_category(session, above)
        except NotFound:
            raise InvalidInput.at("parentId", message="there is no such category") from None
        if above == parent_id and category.archived_at is not None:
            raise InvalidInput.at("parentId", message="is an archived category")
        levels += 1
        require_depth(levels)
        above = category.parent_id
    return levels


async def height(session: AsyncSession, category_id: UUID) -> int:
    """Count the levels of the tree from the category down, itself included.

    A statement a level, at most the limit.
    """
    levels, ids = 0, [category_id]
    while ids and levels <= MOST_LEVELS:
        levels += 1
        ids = list(await session.scalars(select(Category.id).where(Category.parent_id.in_(ids))))
    return levels


def require_depth(levels: int) -> None:
    """Errors: InvalidInput at ``parentId``."""
    if levels > MOST_LEVELS:
        raise InvalidInput.at("parentId", message=f"makes the tree deeper than {MOST_LEVELS} levels")


async def require_free_slug(session: AsyncSession, slug: str) -> None:
    """Errors: SlugTaken; a race ends in an IntegrityError."""
    if await session.scalar(select(Category.id).where(Category.slug == slug)) is not None:
        raise SlugTaken(slug)


def child_of(parent_id: UUID | None) -> ColumnElement[bool]:
    """Returns the condition on a category's parent; None: those at the root."""
    return Category.parent_id.is_(None) if parent_id is None else Category.parent_id == parent_id


async def next_position(session: AsyncSession, parent_id: UUID | None) -> int:
    """Returns the position behind the other children of the parent."""
    last = await session.scalar(select(func.max(Category.position)).where(child_of(parent_id)))
    return 0 if last is None else last + 1


async def require_category(session: AsyncSession, category_id: UUID | Keep | None) -> None:
    """Errors: InvalidInput at ``categoryId``, also for one that is archived."""
    if category_id is None or isinstance(category_id, Keep):
        return
    category = await session.get(Category, category_id)
    if category is None:
        raise InvalidInput.at("categoryId", message="there is no such category")
    if category.archived_at is not None:
        raise InvalidInput.at("categoryId", message="is an archived category")


_CHUNK: Final = 5_000


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


LISTINGS: Final = _table(ProductListing)
NAMES: Final = _table(ListingName)
POSTINGS: Final = _table(SearchPosting)
DOCUMENTS: Final = _table(SearchDocument)
TEXTS: Final = _table(SearchText)

Row = dict[str, Any]


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Row], *, ignore: bool = False) -> None:
    """Insert rows in the order given: sort them by their key, so that two writers do not wait for each other in a
    circle.

    ``ignore``: rows that are there already stay as they are.
    """
    statement = insert_ignoring(table) if ignore else insert(table)
    for start in range(0, len(rows), _CHUNK):
        await session.execute(statement, rows[start : start + _CHUNK])


async def replace_rows(session: AsyncSession, table: Table, rows: Sequence[Row], old: Collection[UUID]) -> None:
    """Put rows in the place of all rows of the products ``old``: two statements, however many."""
    if old:
        await session.execute(delete(table).where(table.c.product_id.in_(sorted(old))))
    await insert_rows(session, table, rows)
