"""Make a shipping zone."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import ShippingZone
from models.charges_rules import ZonePlace, places_json, rates_json
from services.audit.record import record
from services.charges.check_zone import ZoneDraft, check_zone
from services.charges.rows import SHIPPING, read_all, take_over
from services.charges.rules import overlap
from services.shared.asked import Asked
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.idempotency import Request, do_once

MOST_ZONES: Final = 200


async def create_shipping_zone(infra: Infra, draft: ZoneDraft, asked: Asked) -> UUID:
    """Create a zone, once a key; returns its id. Errors: InvalidInput, IdempotencyConflict, TryAgain."""
    checked, zone_id = check_zone(draft), new_id()

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        await take_over(session, infra.settings.shop, SHIPPING, now)
        assert checked.places is not None
        assert checked.rates is not None
        await require_free_places(session, checked.places, zone_id)
        session.add(
            ShippingZone(
                id=zone_id,
                name=checked.name,
                places=places_json(checked.places),
                rates=rates_json(checked.rates),
                version=1,
                created_at=now,
                updated_at=now,
            )
        )
        record(session, "shipping_zone.created", now=now, subject=zone_id, actor=asked.by)

    request = Request.of(asked.by, "createShippingZone", asked.key, repr(draft))
    return await do_once(infra, request, zone_id, work)


async def require_free_places(session: AsyncSession, places: tuple[ZonePlace, ...], own: UUID) -> None:
    """Check that no other zone names one of these places as closely: which is taken must be plain to see.

    Errors: InvalidInput, also when there are too many zones.
    """
    others = [zone for zone in (await read_all(session)).zones if zone.id != own]
    if len(others) >= MOST_ZONES:
        raise InvalidInput.at("name", message=f"there are {MOST_ZONES} zones already")
    problems = [
        FieldProblem(("input", "places", str(place)), f"is a place of the zone {other.name} already")
        for place, named in enumerate(places)
        for other in others
        if any(overlap(named, one) for one in other.places)
    ]
    if problems:
        raise InvalidInput(problems)
