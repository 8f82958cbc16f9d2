"""The types of the waiting room."""

import math
from datetime import datetime
from typing import Annotated

import strawberry

from resolvers.flash_sale.types import FlashSale
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    FlashSaleNotRunning,
    FlashSaleStateConflict,
    InvalidInput,
    NotFound,
    TryAgain,
)
from resolvers.shared.fields import field
from services.waiting_room.passes import Pass, Passes
from services.waiting_room.ticket import Ticket


@strawberry.type(description="A customer's place in the line before a flash sale.")
class WaitingRoomTicket:
    position: int = strawberry.field(description="Counted from 1, in the order of arrival; it stays.")
    ahead: int = strawberry.field(description="How many before it are not let in yet.")
    admitted: bool = strawberry.field(description="Whether one may order now.")
    expected_wait_seconds: int = strawberry.field(description="At the rate of now; 0 when admitted.")
    pass_: str | None = strawberry.field(
        name="pass", description="For placeFlashOrder; null until admitted. Ask again for a new one when it ends."
    )
    pass_expires_at: datetime | None = strawberry.field(
        description="Until when the pass is good; null until admitted."
    )
    ticket: strawberry.Private[Ticket]

    @classmethod
    def of(cls, ticket: Ticket, context: Context) -> "WaitingRoomTicket":
        given: Pass | None = None
        if ticket.admitted:
            given = Passes(context.tokens.keys, context.infra.now).issue(ticket)
        return cls(
            position=ticket.position,
            ahead=ticket.ahead,
            admitted=ticket.admitted,
            expected_wait_seconds=math.ceil(ticket.wait.total_seconds()),
            pass_=given.text if given else None,
            pass_expires_at=given.expires_at if given else None,
            ticket=ticket,
        )

    @field(description="The sale that one waits for.")
    async def sale(self, info: Info) -> FlashSale:
        document = await info.context.loaders.flash_sale_by_id.load(self.ticket.sale_id)
        if document is None:
            raise LookupError(f"a ticket of {self.ticket.sale_id}, which is no sale")
        return FlashSale.of(document, info.context.infra.now())


EnterFlashSaleResult = Annotated[
    WaitingRoomTicket | NotFound | FlashSaleNotRunning | TryAgain | InvalidInput,
    strawberry.union("EnterFlashSaleResult"),
]
SetWaitingRoomResult = Annotated[
    FlashSale | NotFound | FlashSaleStateConflict | TryAgain | InvalidInput,
    strawberry.union("SetWaitingRoomResult"),
]
