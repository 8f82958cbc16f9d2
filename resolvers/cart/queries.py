"""Look at one's cart."""

import strawberry

from resolvers.cart.owner import cart_of
from resolvers.cart.types import Cart
from resolvers.shared.context import Info
from resolvers.shared.fields import field


@strawberry.type
class CartQuery:
    @field(description="The cart of the signed-in customer, or the one of the X-Cart-Token header; null for none.")
    async def cart(self, info: Info) -> Cart | None:
        found = await cart_of(info.context)
        return None if found is None else Cart.of(found)
