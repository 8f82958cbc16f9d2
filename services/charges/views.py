"""Zones and regions as staff see them, straight from the database."""

from uuid import UUID

from infra.runtime import Infra
from models import ShippingZone, TaxRegion
from models.charges_rules import ChargeRules, RegionDoc, ZoneDoc
from services.charges.read_rules import read_rules
from services.charges.rows import read_all, region_doc, zone_doc


async def list_rules(infra: Infra) -> ChargeRules:
    """Returns all of them as they are now. Errors: StoreUnavailable."""
    await read_rules(infra)  # those of the settings are taken over first
    async with infra.database.read() as session:
        return await read_all(session)


async def zone_by_id(infra: Infra, zone_id: UUID) -> ZoneDoc | None:
    """Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        row = await session.get(ShippingZone, zone_id)
    return None if row is None else zone_doc(row)


async def region_by_id(infra: Infra, region_id: UUID) -> RegionDoc | None:
    """Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        row = await session.get(TaxRegion, region_id)
    return None if row is None else region_doc(row)
