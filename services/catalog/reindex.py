"""Bring the index in line with the catalog, a page of products a transaction.

Each page locks its products, so it may run beside everything else, and several at once. What is done stays done
when it is stopped.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE, Database
from models import Product
from services.catalog.index import write_index
from services.catalog.stale import FIRST, newest_stale, stale_page
from services.catalog.stored_product import lock_products

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
    """As ``reindex_stale``, of the newest products only. Errors: StoreUnavailable."""
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
    """All products there are. Errors: StoreUnavailable."""
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
