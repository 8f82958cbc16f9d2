"""Delete a tax region: a wider one counts, or there is no tax."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.audit.record import record
from services.charges.change_tax_region import lock_region
from services.charges.rows import TAXES, take_over
from services.shared.asked import Asked
from services.shared.idempotency import Request, do_once


async def delete_tax_region(infra: Infra, region_id: UUID, version: int, asked: Asked) -> None:
    """Delete a region, once a key; orders and quotes of before stay as they are.

    Errors: InvalidInput, NotFound, StaleVersion, IdempotencyConflict, TryAgain.
    """

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        await take_over(session, infra.settings.shop, TAXES, now)
        await session.delete(await lock_region(session, region_id, version))
        record(session, "tax_region.deleted", now=now, subject=region_id, actor=asked.by)

    request = Request.of(asked.by, "deleteTaxRegion", asked.key, region_id.hex, version)
    await do_once(infra, request, region_id, work)
