"""Enter a sale; staff say how fast people are let in."""

import strawberry

from models.enums import Role, Scope
from resolvers.flash_sale.types import FlashSale
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.waiting_room.types import EnterFlashSaleResult, SetWaitingRoomResult, WaitingRoomTicket
from services.flash_sale.list_sales import find_sales
from services.waiting_room.enter_sale import enter_sale
from services.waiting_room.set_room import set_room


@strawberry.input(description="The sale whose waiting room one goes into.")
class EnterFlashSaleInput:
    sale_id: strawberry.ID = strawberry.field(description="Of the sale.")


@strawberry.input(description="At what rate a sale lets people in.")
class SetWaitingRoomInput:
    sale_id: strawberry.ID = strawberry.field(description="Of the sale.")
    admit_per_second: int | None = strawberry.field(
        default=None, description="So many are let in each second; null: everybody may order, without a ticket."
    )


@strawberry.type
class WaitingRoomMutation:
    @mutation(
        Role.GUEST,
        description="Stand in line before a sale with a waiting room, also before its start; twice is once.",
    )
    async def enter_flash_sale(self, info: Info, input: EnterFlashSaleInput) -> EnterFlashSaleResult:
        sale_id = input_id(input.sale_id, "FlashSale", "saleId")
        ticket = await enter_sale(info.context.infra, sale_id, signed_in(info).user_id)
        return WaitingRoomTicket.of(ticket, info.context)

    @mutation(
        Role.STAFF,
        scope=Scope.SALES_WRITE,
        description="Give a sale a waiting room, change its rate, or take it away; effective within two seconds.",
    )
    async def set_waiting_room(self, info: Info, input: SetWaitingRoomInput) -> SetWaitingRoomResult:
        infra, sale_id = info.context.infra, input_id(input.sale_id, "FlashSale", "saleId")
        await set_room(infra, sale_id, input.admit_per_second)
        return FlashSale.of((await find_sales(infra, [sale_id]))[sale_id], infra.now())
