"""Change a shipping zone: it is in force for the next order, in every process."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import ShippingZone
from models.charges_rules import places_json, rates_json
from services.audit.record import record
from services.charges.check_zone import ZoneDraft, check_zone
from services.charges.create_shipping_zone import require_free_places
from services.charges.rows import SHIPPING, take_over
from services.shared.asked import Asked
from services.shared.idempotency import Request, do_once
from services.shared.lock_version import lock_version


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """``version`` as it was read."""

    zone_id: UUID
    version: int
    draft: ZoneDraft


async def change_shipping_zone(infra: Infra, wish: ZoneChange, asked: Asked) -> None:
    """Change a zone, once a key. Errors: InvalidInput, NotFound, StaleVersion, IdempotencyConflict, TryAgain."""
    checked = check_zone(wish.draft)

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        await take_over(session, infra.settings.shop, SHIPPING, now)
        zone = await lock_zone(session, wish.zone_id, wish.version)
        if checked.name is not None:
            zone.name = checked.name
        if checked.places is not None:
            await require_free_places(session, checked.places, zone.id)
            zone.places = places_json(checked.places)
        if checked.rates is not None:
            zone.rates = rates_json(checked.rates)
        zone.version, zone.updated_at = zone.version + 1, now
        record(session, "shipping_zone.changed", now=now, subject=zone.id, actor=asked.by)

    parts = (wish.zone_id.hex, wish.version, repr(wish.draft))
    await do_once(infra, Request.of(asked.by, "changeShippingZone", asked.key, *parts), wish.zone_id, work)


async def lock_zone(session: AsyncSession, zone_id: UUID, version: int) -> ShippingZone:
    """Lock a zone for its writer. Errors: NotFound, StaleVersion."""
    return await lock_version(session, ShippingZone, zone_id, version, "There is no such shipping zone.")
