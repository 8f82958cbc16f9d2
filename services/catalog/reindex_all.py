"""Bring the index in line with the catalog, a page of products a transaction.

Each page locks its products, so it may run beside everything else, and several at once. What is done stays done
when it is stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE, Database
from models import Product, SearchDocument
from services.catalog.index_entry import MADE_BY
from services.catalog.stored_product import lock_products
from services.catalog.write_index import write_index

_CHUNK: Final = 200

Progress = Callable[[int, int], None]
"""Products looked at, and indexed anew."""


def _ignore(_seen: int, _indexed: int) -> None:
    pass


async def reindex_stale(database: Database, progress: Progress = _ignore) -> int:
    """Look at all products, index those whose entries are missing or out of date; how many these were.

    Errors: StoreUnavailable.
    """
    after, seen, indexed = FIRST, 0, 0
    while True:
        page = await stale_page(database, after)
        if page.last is None:
            return indexed
        for ids in _chunks(page.stale):
            indexed += await _index(database, ids, anew=False)
            progress(seen, indexed)
        after, seen = page.last, seen + page.seen
        progress(seen, indexed)


async def reindex_newest(database: Database) -> int:
    """Index as ``reindex_stale``, of the newest products only. Errors: StoreUnavailable."""
    indexed = 0
    for ids in _chunks(await newest_stale(database)):
        indexed += await _index(database, ids, anew=False)
    return indexed


async def reindex_all(database: Database, progress: Progress = _ignore) -> int:
    """Take all entries out and write them again, product by product: none is missing for longer than its
    transaction. Errors: StoreUnavailable.
    """
    after, indexed = FIRST, 0
    while True:
        async with database.read() as session:
            page = select(Product.id).where(Product.id > after).order_by(Product.id).limit(_CHUNK)
            ids = (await session.scalars(page)).all()
        if not ids:
            return indexed
        indexed += await _index(database, ids, anew=True)
        after = ids[-1]
        progress(indexed, indexed)


async def count_to_index(database: Database) -> int:
    """Count all products there are. Errors: StoreUnavailable."""
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(Product)) or 0


async def _index(database: Database, ids: Sequence[UUID], *, anew: bool) -> int:
    async def work(session: AsyncSession) -> int:
        stored = await lock_products(session, Product.id.in_(ids))
        await write_index(session, [product.document() for product in stored], anew=anew)
        return len(stored)

    return await database.transact(work, timeout=WORKERS_PATIENCE)


def _chunks(ids: Sequence[UUID]) -> "list[Sequence[UUID]]":
    rest = iter(ids)
    return list(iter(lambda: list(islice(rest, _CHUNK)), []))


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
    """Find products whose index is stale, by two statements that read no more than a page.

    Errors: StoreUnavailable.
    """
    page = select(Product.id).where(Product.id > after).order_by(Product.id).limit(size).subquery()
    async with database.read() as session:
        seen, last = (await session.execute(select(func.count(), func.max(page.c.id)).select_from(page))).one()
        if last is None:
            return StalePage((), 0, None)
        ids = (await session.scalars(_stale.where(Product.id > after, Product.id <= last))).all()
    return StalePage(ids, seen, last)


async def newest_stale(database: Database, size: int = 500) -> Sequence[UUID]:
    """Find the stale ones of the newest products, by one statement. Errors: StoreUnavailable."""
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
