"""Look at the shop itself. Open to everybody."""

import strawberry

from resolvers.shared.caching import CATALOG
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shop.types import Shop


@strawberry.type
class ShopQuery:
    @field(description="What the shop is called, sells in and ships to, and what its API allows.", max_age=CATALOG)
    def shop(self, info: Info) -> Shop:
        settings = info.context.infra.settings
        return Shop(name=settings.shop.shop_name, payment_providers=list(settings.ways_to_pay))
