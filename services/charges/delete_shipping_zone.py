"""Delete a shipping zone: nothing is shipped there any more, unless a wider zone has the place."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.audit.record import record
from services.charges.change_shipping_zone import lock_zone
from services.charges.rows import SHIPPING, take_over
from services.shared.asked import Asked
from services.shared.idempotency import Request, do_once


async def delete_shipping_zone(infra: Infra, zone_id: UUID, version: int, asked: Asked) -> None:
    """Delete a zone, once a key; orders and quotes of before stay as they are.

    Errors: InvalidInput, NotFound, StaleVersion, IdempotencyConflict, TryAgain.
    """

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        await take_over(session, infra.settings.shop, SHIPPING, now)
        await session.delete(await lock_zone(session, zone_id, version))
        record(session, "shipping_zone.deleted", now=now, subject=zone_id, actor=asked.by)

    request = Request.of(asked.by, "deleteShippingZone", asked.key, zone_id.hex, version)
    await do_once(infra, request, zone_id, work)
