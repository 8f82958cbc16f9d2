"""Build the search index anew, or complete it: in keyset pages, each its own transaction."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import Product, SearchPosting
from models.search_index import index

PAGE = 200
Progress = Callable[[int, int], None]
"""Products done, and of how many."""


async def reindex(infra: Infra, progress: Progress = lambda done, total: None) -> int:
    """Every product; how many. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        total = await session.scalar(select(func.count()).select_from(Product)) or 0
    done, after = 0, None
    while ids := await _page(infra, after, missing=False):
        await _index(infra, ids)
        done, after = done + len(ids), ids[-1]
        progress(done, max(total, done))
    return done


async def index_missing(infra: Infra) -> int:
    """Those that are not in the index: of a database from before there was one, or brought in past it.

    How many; nothing is written when all are there. Errors: StoreUnavailable.
    """
    done = 0
    while ids := await _page(infra, None, missing=True):
        if not await _index(infra, ids):
            break
        done += len(ids)
    return done


async def _page(infra: Infra, after: UUID | None, *, missing: bool) -> Sequence[UUID]:
    statement = select(Product.id).order_by(Product.id).limit(PAGE)
    if after is not None:
        statement = statement.where(Product.id > after)
    if missing:
        statement = statement.where(~exists().where(SearchPosting.product_id == Product.id))
    async with infra.database.read() as session:
        return list(await session.scalars(statement))


async def _index(infra: Infra, ids: Sequence[UUID]) -> bool:
    """False when these products have no words at all."""

    async def work(session: AsyncSession) -> bool:
        connection = await session.connection()
        await connection.run_sync(lambda sync: index(sync, ids))
        found = await session.scalar(select(SearchPosting.term).where(SearchPosting.product_id.in_(ids)).limit(1))
        return found is not None

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)
