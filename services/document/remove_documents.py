"""Take documents off the list."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import ListedDocument
from services.document.read_manifest import normal_id


async def remove_documents(infra: Infra, ids: Collection[str]) -> set[str]:
    """Take them off the list, or none when one of them is not on it.

    Returns the ids that are not. Errors: StoreUnavailable.
    """
    wanted = {normal_id(one) for one in ids}

    async def work(session: AsyncSession) -> set[str]:
        there = set(await session.scalars(select(ListedDocument.id).where(ListedDocument.id.in_(wanted))))
        if there == wanted:
            await session.execute(delete(ListedDocument).where(ListedDocument.id.in_(wanted)))
        return wanted - there

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)


async def remove_all_documents(infra: Infra) -> int:
    """Empty the list. Returns how many were on it. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> int:
        ids = list(await session.scalars(select(ListedDocument.id)))
        await session.execute(delete(ListedDocument))
        return len(ids)

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)
