"""Schedule flash sales, and what may become of them. For staff."""

from datetime import datetime
from decimal import Decimal

import strawberry

from models.enums import Role
from resolvers.flash_sale.types import FlashSale, FlashSaleStateResult, ScheduleFlashSaleResult
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.list_sales import find_sales
from services.flash_sale.schedule import ItemDraft, SaleDraft, schedule_flash_sale
from services.flash_sale.states import SaleAction


@strawberry.input
class FlashSaleItemInput:
    sku: str
    price: Decimal = strawberry.field(description="In the variant's currency.")
    quantity: int = strawberry.field(description="Set aside from ordinary stock.")
    per_customer_limit: int


@strawberry.input
class ScheduleFlashSaleInput:
    name: str
    starts_at: datetime
    ends_at: datetime
    items: list[FlashSaleItemInput]

    def to_service(self) -> SaleDraft:
        items = (ItemDraft(item.sku, item.price, item.quantity, item.per_customer_limit) for item in self.items)
        return SaleDraft(self.name, self.starts_at, self.ends_at, tuple(items))


@strawberry.input
class FlashSaleStateInput:
    id: strawberry.ID
    version: int | None = strawberry.field(
        default=None, description="Refuse when the sale was changed since; null takes it as it is."
    )


@strawberry.type
class FlashSaleMutation:
    @mutation(Role.STAFF, description="Schedule a flash sale; its stock is set aside at once.")
    async def schedule_flash_sale(self, info: Info, input: ScheduleFlashSaleInput) -> ScheduleFlashSaleResult:
        infra = info.context.infra
        sale_id = await schedule_flash_sale(infra, input.to_service(), f"user:{signed_in(info).user_id.hex}")
        return FlashSale.of((await find_sales(infra, [sale_id]))[sale_id], infra.now())

    @mutation(
        Role.STAFF,
        description="Stop selling: once this has answered, no order is accepted. Orders of before are kept.",
    )
    async def pause_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change(info, input, SaleAction.PAUSE)

    @mutation(Role.STAFF, description="Sell again.")
    async def resume_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change(info, input, SaleAction.RESUME)

    @mutation(
        Role.STAFF,
        description="End a running sale now: what is unsold returns to ordinary stock as soon as all is counted.",
    )
    async def end_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change(info, input, SaleAction.END)

    @mutation(Role.STAFF, description="Call off a sale that has not begun: its stock returns to ordinary stock.")
    async def cancel_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change(info, input, SaleAction.CANCEL)


async def _change(info: Info, wish: FlashSaleStateInput, action: SaleAction) -> FlashSale:
    infra, sale_id = info.context.infra, input_id(wish.id, "FlashSale", "id")
    await change_state(infra, StateChange(sale_id, action, wish.version))
    return FlashSale.of((await find_sales(infra, [sale_id]))[sale_id], infra.now())
