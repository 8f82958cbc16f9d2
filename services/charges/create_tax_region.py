"""Make a tax region."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import TaxRegion
from models.enums import HalfRounding, TaxRounding
from services.audit.record import record
from services.charges.check_region import RegionDraft, check_area, check_region
from services.charges.rows import TAXES, read_all, take_over
from services.shared.asked import Asked
from services.shared.errors import InvalidInput
from services.shared.idempotency import Request, do_once

MOST_REGIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class NewRegion:
    """``country`` ``*`` is all others; without a ``state`` it is all of the country."""

    country: str
    state: str | None
    draft: RegionDraft


async def create_tax_region(infra: Infra, wish: NewRegion, asked: Asked) -> UUID:
    """Create a region, once a key; returns its id. Errors: InvalidInput, IdempotencyConflict, TryAgain."""
    country, state = check_area(wish.country, wish.state)
    rates, region_id, draft = check_region(wish.draft), new_id(), wish.draft

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        await take_over(session, infra.settings.shop, TAXES, now)
        await _require_free(session, country, state)
        session.add(
            TaxRegion(
                id=region_id,
                country=country,
                state=state,
                inclusive=bool(draft.inclusive),
                on_shipping=draft.on_shipping is not False,
                rates=rates,
                rounding=draft.rounding or TaxRounding.ORDER,
                half=draft.half or HalfRounding.UP,
                version=1,
                created_at=now,
                updated_at=now,
            )
        )
        record(session, "tax_region.created", now=now, subject=region_id, actor=asked.by)

    request = Request.of(asked.by, "createTaxRegion", asked.key, repr(wish))
    return await do_once(infra, request, region_id, work)


async def _require_free(session: AsyncSession, country: str, state: str) -> None:
    regions = (await read_all(session)).regions
    if len(regions) >= MOST_REGIONS:
        raise InvalidInput.at("countryCode", message=f"there are {MOST_REGIONS} regions already")
    if any((region.country, region.state) == (country, state) for region in regions):
        raise InvalidInput.at("state" if state else "countryCode", message="has a tax region already")
