"""Schedule flash sales. For staff."""

from datetime import datetime
from decimal import Decimal

import strawberry

from models.enums import Role
from resolvers.flash_sale.types import FlashSale, ScheduleFlashSaleResult
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.permissions import signed_in
from services.flash_sale.list_sales import find_sales
from services.flash_sale.schedule import ItemDraft, SaleDraft, schedule_flash_sale


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


@strawberry.type
class FlashSaleMutation:
    @mutation(Role.STAFF, description="Schedule a flash sale; its stock is set aside at once.")
    async def schedule_flash_sale(self, info: Info, input: ScheduleFlashSaleInput) -> ScheduleFlashSaleResult:
        infra = info.context.infra
        sale_id = await schedule_flash_sale(infra, input.to_service(), f"user:{signed_in(info).user_id.hex}")
        return FlashSale.of((await find_sales(infra, [sale_id]))[sale_id], infra.now())
