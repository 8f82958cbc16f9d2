"""Schedule flash sales, and what may become of them. For staff."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from models.enums import Role, Scope
from resolvers.flash_sale.prices import FlashSalePriceInput, listed
from resolvers.flash_sale.types import (
    ALLOWS_CODES,
    REQUIRES_DELIVERY,
    ChangeFlashSaleResult,
    FlashSale,
    FlashSaleStateResult,
    ScheduleFlashSaleResult,
)
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.words import SKU
from services.flash_sale.change_sale import SaleChange, change_sale
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale, schedule_request
from services.flash_sale.states import SaleAction


@strawberry.input(description="What a sale sells of one SKU.")
class FlashSaleItemInput:
    sku: str = strawberry.field(description=SKU)
    price: Decimal = strawberry.field(description="In the variant's currency.")
    quantity: int = strawberry.field(description="Set aside from ordinary stock.")
    per_customer_limit: int = strawberry.field(
        description="The most that one customer may order of it, over all their orders."
    )
    prices: list[FlashSalePriceInput] | None = strawberry.field(
        default=None,
        description="In other currencies, each once. Of an item that the sale has they stay when left out; an "
        "empty list takes them away.",
    )

    def to_service(self) -> ItemDraft:
        prices = listed(self.prices)
        return ItemDraft(self.sku, self.price, self.quantity, self.per_customer_limit, prices)


@strawberry.input(description="A sale to come.")
class ScheduleFlashSaleInput:
    name: str = strawberry.field(description="What customers are shown.")
    starts_at: datetime = strawberry.field(description="From when on it is to sell.")
    ends_at: datetime = strawberry.field(description="After its start.")
    items: list[FlashSaleItemInput] = strawberry.field(description="What it sells; each SKU once.")
    admit_per_second: int | None = strawberry.field(
        default=None, description="Gives the sale a waiting room that lets in so many a second."
    )
    allows_codes: bool = strawberry.field(default=False, description=ALLOWS_CODES)
    requires_delivery: bool = strawberry.field(default=False, description=REQUIRES_DELIVERY)
    confirmed_email_only: bool = strawberry.field(
        default=False, description="Sell to nobody whose e-mail address is not confirmed, guest or not."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same for a retry: then one sale is made, however often it is asked for."
    )

    def to_service(self) -> SaleDraft:
        items = tuple(item.to_service() for item in self.items)
        terms = (self.admit_per_second, self.allows_codes, self.requires_delivery, self.confirmed_email_only)
        return SaleDraft(self.name, self.starts_at, self.ends_at, items, *terms)


@strawberry.input(description="What is left out, or null, stays as it is.")
class ChangeFlashSaleInput:
    id: strawberry.ID = strawberry.field(description="Of the sale.")
    version: int = strawberry.field(description="As it was read: the change is refused when there was another.")
    name: str | None = strawberry.field(default=None, description="What customers are shown.")
    starts_at: datetime | None = strawberry.field(default=None, description="Of a sale that has not begun.")
    ends_at: datetime | None = strawberry.field(default=None, description="After its start and after now.")
    items: list[FlashSaleItemInput] | None = strawberry.field(
        default=None, description="All that the sale shall have; an item is known by its SKU."
    )
    allows_codes: bool | None = strawberry.field(default=None, description=ALLOWS_CODES)
    requires_delivery: bool | None = strawberry.field(default=None, description=REQUIRES_DELIVERY)

    confirmed_email_only: bool | None = strawberry.field(
        default=None, description="Sell to nobody whose e-mail address is not confirmed; also while it runs."
    )

    def to_service(self) -> SaleChange:
        items = None if self.items is None else tuple(item.to_service() for item in self.items)
        sale_id = input_id(self.id, "FlashSale", "id")
        times = (self.starts_at, self.ends_at)
        terms = (self.allows_codes, self.requires_delivery, self.confirmed_email_only)
        return SaleChange(sale_id, self.version, self.name, *times, items, *terms)


@strawberry.input(description="A sale to be paused, resumed, ended or called off.")
class FlashSaleStateInput:
    id: strawberry.ID = strawberry.field(description="Of the sale.")
    version: int | None = strawberry.field(
        default=None, description="Refuse when the sale was changed since; null takes it as it is."
    )


@strawberry.type
class FlashSaleMutation:
    @mutation(
        Role.STAFF, scope=Scope.SALES_WRITE, description="Schedule a flash sale; its stock is set aside at once."
    )
    async def schedule_flash_sale(self, info: Info, input: ScheduleFlashSaleInput) -> ScheduleFlashSaleResult:
        viewer, draft, key = signed_in(info), input.to_service(), input.idempotency_key
        once = None if key is None else schedule_request(viewer.user_id, key, draft)
        return await _shown(info, await schedule_flash_sale(info.context.infra, draft, viewer.actor, once))

    @mutation(
        Role.STAFF,
        scope=Scope.SALES_WRITE,
        description="Change a sale: all of it before it starts, its name and its end afterwards. Stock follows.",
    )
    async def change_flash_sale(self, info: Info, input: ChangeFlashSaleInput) -> ChangeFlashSaleResult:
        wish = input.to_service()
        await change_sale(info.context.infra, wish, signed_in(info).actor)
        return await _shown(info, wish.sale_id)

    @mutation(
        Role.STAFF,
        scope=Scope.SALES_WRITE,
        description="Stop selling: once this has answered, no order is accepted. Orders of before are kept.",
    )
    async def pause_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change_sale_state(info, input, SaleAction.PAUSE)

    @mutation(Role.STAFF, scope=Scope.SALES_WRITE, description="Sell again.")
    async def resume_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change_sale_state(info, input, SaleAction.RESUME)

    @mutation(
        Role.STAFF,
        scope=Scope.SALES_WRITE,
        description="End a running sale now: what is unsold returns to ordinary stock as soon as all is counted.",
    )
    async def end_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change_sale_state(info, input, SaleAction.END)

    @mutation(
        Role.STAFF,
        scope=Scope.SALES_WRITE,
        description="Call off a sale that has not begun: its stock returns to ordinary stock.",
    )
    async def cancel_flash_sale(self, info: Info, input: FlashSaleStateInput) -> FlashSaleStateResult:
        return await _change_sale_state(info, input, SaleAction.CANCEL)


async def _change_sale_state(info: Info, wish: FlashSaleStateInput, action: SaleAction) -> FlashSale:
    sale_id = input_id(wish.id, "FlashSale", "id")
    await change_state(info.context.infra, StateChange(sale_id, action, wish.version))
    return await _shown(info, sale_id)


async def _shown(info: Info, sale_id: UUID) -> FlashSale:
    infra = info.context.infra
    return FlashSale.of((await find_sales(infra, [sale_id]))[sale_id], infra.now())
