"""Look at one's ticket."""

from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.node import argument_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.restricted import restricted
from resolvers.waiting_room.types import WaitingRoomTicket
from services.waiting_room.find_ticket import find_ticket


@strawberry.type
class WaitingRoomQuery:
    @restricted(
        Role.GUEST, description="One's place in the line; null without a ticket, and when the sale is over."
    )
    async def flash_sale_ticket(
        self,
        info: Info,
        sale_id: Annotated[strawberry.ID, strawberry.argument(description="The sale that one waits for.")],
    ) -> WaitingRoomTicket | None:
        key = argument_id(sale_id, "FlashSale", "saleId")
        ticket = await find_ticket(info.context.infra, key, signed_in(info).user_id)
        return None if ticket is None else WaitingRoomTicket.of(ticket, info.context)
