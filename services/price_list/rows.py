"""Rows of price lists."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import CustomerGroup, PriceList, PriceListGroup
from services.shared.errors import InvalidInput
from services.shared.lock_version import lock_version


async def lock_list(session: AsyncSession, list_id: UUID, version: int) -> PriceList:
    """Errors: NotFound, StaleVersion."""
    return await lock_version(session, PriceList, list_id, version, "There is no such price list.")


async def set_groups(session: AsyncSession, list_id: UUID, group_ids: Sequence[UUID]) -> None:
    """Open a list to these groups, and to no other; they are held until the commit. Errors: InvalidInput."""
    wanted = select(CustomerGroup.id).where(CustomerGroup.id.in_(group_ids)).order_by(CustomerGroup.id)
    known = set(await session.scalars(wanted.with_for_update(read=True))) if group_ids else set()
    for place, one in enumerate(group_ids):
        if one not in known:
            raise InvalidInput.at("groupIds", str(place), message="is no group of customers, or not any more")
    await session.execute(delete(PriceListGroup).where(PriceListGroup.price_list_id == list_id))
    session.add_all(PriceListGroup(group_id=one, price_list_id=list_id) for one in group_ids)


async def groups_of(session: AsyncSession, list_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Returns the groups that each list is open to."""
    wanted = select(PriceListGroup).where(PriceListGroup.price_list_id.in_(list_ids))
    found: dict[UUID, list[UUID]] = {}
    for row in await session.scalars(wanted.order_by(PriceListGroup.price_list_id, PriceListGroup.group_id)):
        found.setdefault(row.price_list_id, []).append(row.group_id)
    return found


def holds_at(now: datetime) -> ColumnElement[bool]:
    return and_(
        or_(PriceList.starts_at.is_(None), PriceList.starts_at <= now),
        or_(PriceList.ends_at.is_(None), PriceList.ends_at > now),
    )
