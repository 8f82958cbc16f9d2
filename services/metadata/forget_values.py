"""Take away the values of definitions that were deleted, a batch at a time."""

from collections.abc import Sequence
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import MetadataDefinition, MetadataEntry, Order, User
from models.enums import MetadataOwner

R = TypeVar("R", User, Order)
_BATCH: Final = 200


async def forget_values(infra: Infra) -> int:
    """Take away a batch of values of customers and orders, and definitions that have none left. What products have
    goes at their next change: nobody sees it. Returns how many values. Errors: StoreUnavailable.
    """
    return await infra.database.transact(_forget, timeout=WORKERS_PATIENCE)


async def _forget(session: AsyncSession) -> int:
    gone = select(MetadataDefinition).where(MetadataDefinition.deleted_at.is_not(None)).limit(1)
    definition = await session.scalar(gone.with_for_update(skip_locked=True))
    if definition is None:
        return 0
    its = MetadataEntry.definition_id == definition.id
    owners = list(await session.scalars(select(MetadataEntry.owner_id).where(its).limit(_BATCH)))
    if not owners:
        await session.delete(definition)
        return 1
    if definition.owner == MetadataOwner.CUSTOMER:
        await _take_out(session, User, owners, definition.id)
    else:
        await _take_out(session, Order, owners, definition.id)
    await session.execute(delete(MetadataEntry).where(its, MetadataEntry.owner_id.in_(owners)))
    return len(owners)


async def _take_out(session: AsyncSession, table: type[R], owners: Sequence[UUID], definition_id: UUID) -> None:
    locked = select(table).where(table.id.in_(owners)).order_by(table.id).with_for_update()
    for row in await session.scalars(locked):
        row.meta = {id_: value for id_, value in (row.meta or {}).items() if id_ != definition_id.hex} or None
