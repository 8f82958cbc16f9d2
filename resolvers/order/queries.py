"""Look at orders: one's own; staff at everyone's."""

import strawberry

from resolvers.order.types import Order, load_orders
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shared.node import argument_id


@strawberry.type
class OrderQuery:
    @field(description="An order by its id; null when it is not there or not yours.")
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:
        [found] = await load_orders(info.context, [argument_id(id, "Order", "id")])
        return found
