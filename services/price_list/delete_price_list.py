"""Delete a price list with its prices."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import ListedPrice, PriceList, PriceListGroup
from services.audit.record import record
from services.price_list.rows import lock_list
from services.shared.patience import or_try_again, transact_for_request


async def delete_price_list(infra: Infra, list_id: UUID, version: int, by: UUID) -> None:
    """Errors: NotFound, StaleVersion, TryAgain."""

    async def work(session: AsyncSession) -> None:
        await lock_list(session, list_id, version)
        for part in (ListedPrice, PriceListGroup):
            await session.execute(delete(part).where(part.price_list_id == list_id))
        await session.execute(delete(PriceList).where(PriceList.id == list_id))
        record(session, "price_list.deleted", now=infra.now(), subject=list_id, actor=by)

    with or_try_again():
        await transact_for_request(infra, work)
