"""Arm a flash order before the sale: then placeFlashOrder is one press, and the money is taken by itself."""

from datetime import datetime
from typing import Annotated

import strawberry

from infra.ranked_turns import Rank
from models import ArmedOrder
from models.enums import ArmedState, Role
from resolvers.flash_sale.prices import CURRENCY
from resolvers.order.flash_wish import OTHERS, FlashOrderItemInput, flash_wish
from resolvers.order.mutations import quotes
from resolvers.order.quote_types import FlashQuote
from resolvers.shared.context import Info
from resolvers.shared.errors import (
    CannotChargeLater,
    FlashSaleNotRunning,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    PurchaseLimitReached,
    TryAgain,
)
from resolvers.shared.mutation import mutation
from resolvers.shared.node import encode_id, input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.words import ADDRESS_ID, IDEMPOTENCY_KEY
from services.payment.arm_flash_order import ArmWish, arm_flash_order, disarm_flash_order, quote_of_armed


@strawberry.input(description="What is to be ordered of a sale with one press, and how it is paid.")
class ArmFlashOrderInput:
    item_id: strawberry.ID = strawberry.field(description="The item of the sale, not its variant.")
    quantity: int = strawberry.field(description="Units, within the item's `perCustomerLimit`.")
    idempotency_key: str = strawberry.field(
        description=IDEMPOTENCY_KEY + " Back from the provider's page, ask with it again."
    )
    address_id: strawberry.ID | None = strawberry.field(default=None, description=ADDRESS_ID)
    shipping_method: str | None = strawberry.field(
        default=None, description="The code of a way to ship there; the first when absent."
    )
    discount_code: str | None = strawberry.field(
        default=None, description="Where the sale allows codes; a use is held until the sale ends."
    )
    others: list[FlashOrderItemInput] | None = strawberry.field(default=None, description=OTHERS)
    currency_code: str | None = strawberry.field(default=None, description=CURRENCY)
    provider: str | None = strawberry.field(default=None, description="Left out: the shop's first one.")
    return_url: str | None = strawberry.field(
        default=None,
        description="Where the customer goes from the provider's page: an address of the storefront's.",
    )


@strawberry.input(description="An armed order that is not wanted any more.")
class DisarmFlashOrderInput:
    id: strawberry.ID = strawberry.field(description="Of the armed order.")


@strawberry.type(
    description="An order that one press will place: placeFlashOrder with its quote. It is no Node: armFlashOrder"
    " with the same key is the way to look at it."
)
class ArmedFlashOrder:
    id: strawberry.ID = strawberry.field(description="Its own; not the order's.")
    state: ArmedState = strawberry.field(description="How far it is.")
    redirect_url: str | None = strawberry.field(
        description="Where the customer sets up the payment, while it is SETTING_UP."
    )
    quote: FlashQuote | None = strawberry.field(description="What placeFlashOrder takes, once it is READY.")
    order_id: strawberry.ID | None = strawberry.field(description="The order that it has become.")
    expires_at: datetime = strawberry.field(description="The end of the sale.")

    @classmethod
    def of(cls, armed: ArmedOrder, info: Info) -> "ArmedFlashOrder":
        quote = quote_of_armed(armed)
        is_ready = armed.state == ArmedState.READY
        return cls(
            id=encode_id("ArmedFlashOrder", armed.id),
            state=ArmedState(armed.state),
            redirect_url=armed.redirect_url if armed.state == ArmedState.SETTING_UP else None,
            quote=FlashQuote.of(quote, quotes(info).sign(quote)) if is_ready else None,
            order_id=None if armed.order_id is None else encode_id("Order", armed.order_id),
            expires_at=armed.expires_at,
        )


ArmFlashOrderResult = Annotated[
    ArmedFlashOrder
    | FlashSaleNotRunning
    | PurchaseLimitReached
    | CannotChargeLater
    | NotFound
    | IdempotencyConflict
    | TryAgain
    | InvalidInput,
    strawberry.union("ArmFlashOrderResult"),
]
DisarmFlashOrderResult = Annotated[
    ArmedFlashOrder | NotFound | TryAgain | InvalidInput, strawberry.union("DisarmFlashOrderResult")
]


@strawberry.type
class ArmMutation:
    @mutation(
        Role.CUSTOMER,
        description="Arm an order before the sale: what it costs is fixed, and the payment is set up with its "
        "provider. When the sale runs, placeFlashOrder with its quote is one press; the money is taken without "
        "another page. An order that cannot be charged is cancelled at once. Asked again with the key, it says "
        "how it stands.",
        rank=Rank.BEGIN,
    )
    async def arm_flash_order(self, info: Info, input: ArmFlashOrderInput) -> ArmFlashOrderResult:
        order = flash_wish(info, input)
        wish = ArmWish(order, input.provider, input.return_url, input.idempotency_key, info.context.base_url)
        return ArmedFlashOrder.of(await arm_flash_order(info.context.infra, wish), info)

    @mutation(Role.CUSTOMER, description="Disarm an order that was not placed: its payment is not to be taken.")
    async def disarm_flash_order(self, info: Info, input: DisarmFlashOrderInput) -> DisarmFlashOrderResult:
        armed_id = input_id(input.id, "ArmedFlashOrder", "id")
        armed = await disarm_flash_order(info.context.infra, signed_in(info).user_id, armed_id)
        return ArmedFlashOrder.of(armed, info)
