"""Change where is shipped to, at which rates, and the taxes. For staff."""

from uuid import UUID

import strawberry

from models.enums import Role, Scope
from resolvers.charges.inputs import (
    ChangeShippingZoneInput,
    ChangeTaxRegionInput,
    CreateShippingZoneInput,
    CreateTaxRegionInput,
    DeleteShippingZoneInput,
    DeleteTaxRegionInput,
)
from resolvers.charges.types import (
    ChangeShippingZoneResult,
    ChangeTaxRegionResult,
    CreateShippingZoneResult,
    CreateTaxRegionResult,
    DeletedShippingZone,
    DeletedTaxRegion,
    DeleteShippingZoneResult,
    DeleteTaxRegionResult,
    ShippingZone,
    TaxRegion,
)
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from services.charges.change_shipping_zone import change_shipping_zone
from services.charges.change_tax_region import change_tax_region
from services.charges.create_shipping_zone import create_shipping_zone
from services.charges.create_tax_region import create_tax_region
from services.charges.delete_shipping_zone import delete_shipping_zone
from services.charges.delete_tax_region import delete_tax_region
from services.charges.views import region_by_id, zone_by_id
from services.shared.errors import NotFound

_WRITE = Scope.CHARGES_WRITE


@strawberry.type
class ChargesMutation:
    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="Ship to more places: in force at once.",
    )
    async def create_shipping_zone(self, info: Info, input: CreateShippingZoneInput) -> CreateShippingZoneResult:
        draft, asked = input.to_service(), asked_by(info, input.idempotency_key)
        return await _zone(info, await create_shipping_zone(info.context.infra, draft, asked))

    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="Change a zone's name, places or rates: in force at once. Orders and quotes of before stay.",
    )
    async def change_shipping_zone(self, info: Info, input: ChangeShippingZoneInput) -> ChangeShippingZoneResult:
        wish = input.to_service()
        await change_shipping_zone(info.context.infra, wish, asked_by(info, input.idempotency_key))
        return await _zone(info, wish.zone_id)

    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="Nothing is shipped there any more, unless a wider zone has the place. Without any zone "
        "all is shipped for nothing.",
    )
    async def delete_shipping_zone(self, info: Info, input: DeleteShippingZoneInput) -> DeleteShippingZoneResult:
        zone_id = input_id(input.id, "ShippingZone", "id")
        asked = asked_by(info, input.idempotency_key)
        await delete_shipping_zone(info.context.infra, zone_id, input.version, asked)
        return DeletedShippingZone(id=input.id)

    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="Tax the orders of a region: in force at once.",
    )
    async def create_tax_region(self, info: Info, input: CreateTaxRegionInput) -> CreateTaxRegionResult:
        wish, asked = input.to_service(), asked_by(info, input.idempotency_key)
        return await _region(info, await create_tax_region(info.context.infra, wish, asked))

    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="Change a region's taxes: in force at once. Orders and quotes of before stay.",
    )
    async def change_tax_region(self, info: Info, input: ChangeTaxRegionInput) -> ChangeTaxRegionResult:
        wish = input.to_service()
        await change_tax_region(info.context.infra, wish, asked_by(info, input.idempotency_key))
        return await _region(info, wish.region_id)

    @mutation(Role.STAFF, scope=_WRITE, description="A wider region counts, or there is no tax.")
    async def delete_tax_region(self, info: Info, input: DeleteTaxRegionInput) -> DeleteTaxRegionResult:
        region_id = input_id(input.id, "TaxRegion", "id")
        asked = asked_by(info, input.idempotency_key)
        await delete_tax_region(info.context.infra, region_id, input.version, asked)
        return DeletedTaxRegion(id=input.id)


async def _zone(info: Info, zone_id: UUID) -> ShippingZone:
    found = await zone_by_id(info.context.infra, zone_id)
    if found is None:
        raise NotFound("The zone has been deleted since.")
    return ShippingZone.of(found)


async def _region(info: Info, region_id: UUID) -> TaxRegion:
    found = await region_by_id(info.context.infra, region_id)
    if found is None:
        raise NotFound("The region has been deleted since.")
    return TaxRegion.of(found)
