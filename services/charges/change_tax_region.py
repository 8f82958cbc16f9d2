"""Change a tax region: it is in force for the next order, in every process."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import TaxRegion
from services.audit.record import record
from services.charges.check_region import RegionDraft, check_region
from services.charges.rows import TAXES, take_over
from services.shared.asked import Asked
from services.shared.idempotency import Request, do_once
from services.shared.lock_version import lock_version


@dataclass(frozen=True, slots=True)
class RegionChange:
    """``version`` as it was read."""

    region_id: UUID
    version: int
    draft: RegionDraft


async def change_tax_region(infra: Infra, wish: RegionChange, asked: Asked) -> None:
    """Change a region, once a key. Errors: InvalidInput, NotFound, StaleVersion, IdempotencyConflict, TryAgain."""
    rates, draft = check_region(wish.draft), wish.draft

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        await take_over(session, infra.settings.shop, TAXES, now)
        region = await lock_region(session, wish.region_id, wish.version)
        for name in ("inclusive", "on_shipping", "rounding", "half"):
            if (value := getattr(draft, name)) is not None:
                setattr(region, name, value)
        if rates is not None:
            region.rates = rates
        region.version, region.updated_at = region.version + 1, now
        record(session, "tax_region.changed", now=now, subject=region.id, actor=asked.by)

    parts = (wish.region_id.hex, wish.version, repr(draft))
    await do_once(infra, Request.of(asked.by, "changeTaxRegion", asked.key, *parts), wish.region_id, work)


async def lock_region(session: AsyncSession, region_id: UUID, version: int) -> TaxRegion:
    """Lock a region for its writer. Errors: NotFound, StaleVersion."""
    return await lock_version(session, TaxRegion, region_id, version, "There is no such tax region.")
