"""Price lists as staff see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import PriceList
from services.price_list.rows import groups_of
from services.shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ListView:
    id: UUID
    name: str
    group_ids: tuple[UUID, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    version: int


async def find_price_lists(infra: Infra, ids: Collection[UUID] | None = None) -> dict[UUID, ListView]:
    """Find lists, or all that there are, by name; two statements. Errors: StoreUnavailable."""
    wanted = select(PriceList).order_by(PriceList.name, PriceList.id)
    if ids is not None:
        wanted = wanted.where(PriceList.id.in_(ids))
    async with infra.database.read() as session:
        rows = list(await session.scalars(wanted))
        groups = await groups_of(session, [row.id for row in rows]) if rows else {}
    return {row.id: _view(row, tuple(groups.get(row.id, ()))) for row in rows}


async def current_list(infra: Infra, list_id: UUID) -> ListView:
    """Read a list after its change. Errors: NotFound, StoreUnavailable."""
    found = (await find_price_lists(infra, [list_id])).get(list_id)
    if found is None:
        raise NotFound("The price list was deleted meanwhile.")
    return found


def _view(row: PriceList, group_ids: tuple[UUID, ...]) -> ListView:
    return ListView(row.id, row.name, group_ids, row.starts_at, row.ends_at, row.version)
