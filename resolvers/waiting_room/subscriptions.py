"""Watch one's place in the line."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.node import argument_id
from resolvers.shared.permissions import check
from resolvers.shared.subscription import subscription
from resolvers.waiting_room.types import WaitingRoomTicket
from services.waiting_room.follow_ticket import follow_ticket


@strawberry.type
class WaitingRoomSubscription:
    @subscription(
        Role.GUEST,
        description="One's place in the line now, and as it moves; ends with the pass, or with the sale.",
    )
    async def flash_sale_ticket_updated(
        self,
        info: Info,
        sale_id: Annotated[strawberry.ID, strawberry.argument(description="The sale that one waits for.")],
    ) -> AsyncGenerator[WaitingRoomTicket, None]:
        viewer = check(info, [Role.GUEST], None)
        key = argument_id(sale_id, "FlashSale", "saleId")
        following = follow_ticket(info.context.infra, key, viewer.user_id)
        async with aclosing(following):
            async for ticket in following:
                info.context.reset_loaders()
                yield WaitingRoomTicket.of(ticket, info.context)
