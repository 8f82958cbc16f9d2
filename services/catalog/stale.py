"""Find the products whose entries in the index are missing or out of date.

They are, when a database from before has just been migrated, when a server of before wrote them, and when a new
release indexes otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select

from infra.database import Database
from models import Product, SearchDocument
from services.catalog.entry import MADE_BY

FIRST: Final = UUID(int=0)
"""Before all products."""
_PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class StalePage:
    """Of ``seen`` products up to ``last``: those that are stale. ``last`` is None when there are no more."""

    stale: Sequence[UUID]
    seen: int
    last: UUID | None


async def stale_page(database: Database, after: UUID, size: int = _PAGE) -> StalePage:
    """Two statements that read no more than a page. Errors: StoreUnavailable."""
    page = select(Product.id).where(Product.id > after).order_by(Product.id).limit(size).subquery()
    async with database.read() as session:
        seen, last = (await session.execute(select(func.count(), func.max(page.c.id)).select_from(page))).one()
        if last is None:
            return StalePage((), 0, None)
        ids = (await session.scalars(_stale.where(Product.id > after, Product.id <= last))).all()
    return StalePage(ids, seen, last)


async def newest_stale(database: Database, size: int = 500) -> Sequence[UUID]:
    """Of the newest products. One statement. Errors: StoreUnavailable."""
    newest = select(Product.id).order_by(Product.id.desc()).limit(size).subquery()
    async with database.read() as session:
        return (await session.scalars(_stale.where(Product.id.in_(select(newest.c.id))))).all()


_stale = (
    select(Product.id)
    .outerjoin(SearchDocument, SearchDocument.product_id == Product.id)
    .where(
        or_(
            SearchDocument.product_id.is_(None),
            SearchDocument.version != Product.version,
            SearchDocument.updated_at != Product.updated_at,
            SearchDocument.made_by != MADE_BY,
        )
    )
)
