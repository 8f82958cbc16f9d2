"""Where is shipped to, at which rates, and the taxes. For staff."""

import strawberry

from models.enums import Role, Scope
from resolvers.charges.types import ShippingZone, TaxRegion
from resolvers.shared.context import Info
from resolvers.shared.restricted import restricted
from services.charges.views import list_rules


@strawberry.type
class ChargesQuery:
    @restricted(Role.STAFF, scope=Scope.CHARGES_WRITE, description="All shipping zones, the oldest first.")
    async def shipping_zones(self, info: Info) -> list[ShippingZone]:
        return list(map(ShippingZone.of, (await list_rules(info.context.infra)).zones))

    @restricted(Role.STAFF, scope=Scope.CHARGES_WRITE, description="All tax regions, the oldest first.")
    async def tax_regions(self, info: Info) -> list[TaxRegion]:
        return list(map(TaxRegion.of, (await list_rules(info.context.infra)).regions))
