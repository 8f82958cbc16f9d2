"""Watch an order."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from models.enums import Role, Scope
from resolvers.order.types import Order
from resolvers.shared.context import Info
from resolvers.shared.node import argument_id
from resolvers.shared.permissions import check
from resolvers.shared.subscription import subscription
from services.order.follow_order import follow_order


@strawberry.type
class OrderSubscription:
    @subscription(
        Role.GUEST,
        scope=Scope.ORDERS_READ,
        description="The order now, and again at each change; ends when it can change no more.",
    )
    async def order_updated(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="One's own order; staff may watch everybody's.")
        ],
    ) -> AsyncGenerator[Order, None]:
        viewer = check(info, [Role.GUEST], Scope.ORDERS_READ)
        order_id = argument_id(id, "Order", "id")
        following = follow_order(
            info.context.infra, order_id, viewer.user_id, any_owner=viewer.may(Role.STAFF, Scope.ORDERS_READ)
        )
        async with aclosing(following):
            async for view in following:
                info.context.reset_loaders()
                yield Order.of(view)
