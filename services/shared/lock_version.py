"""Lock a row that has versions: of two people who change one thing, one wins and the other is told."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models import PriceList, ShippingZone, TaxRegion
from services.shared.errors import NotFound, StaleVersion

T = TypeVar("T", PriceList, ShippingZone, TaxRegion)


async def lock_version(session: AsyncSession, table: type[T], row_id: UUID, version: int, missing: str) -> T:
    """Lock a row for its writer, who has read this version. Errors: NotFound (``missing``), StaleVersion."""
    found = await session.get(table, row_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(missing)
    if found.version != version:
        raise StaleVersion(found.version)
    return found
