"""Check out one's cart."""

from typing import Annotated

import strawberry

from infra.ranked_turns import Rank
from models.enums import Role
from resolvers.checkout.types import Quote
from resolvers.order.types import Order
from resolvers.shared.context import Info
from resolvers.shared.errors import CartEmpty, IdempotencyConflict, InvalidInput, NotFound, OutOfStock, TryAgain
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.words import ADDRESS_ID
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.checkout.create_quote import create_quote

CheckoutResult = Annotated[
    Order | CartEmpty | OutOfStock | NotFound | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CheckoutResult"),
]
CreateQuoteResult = Annotated[
    Quote | CartEmpty | NotFound | TryAgain | InvalidInput, strawberry.union("CreateQuoteResult")
]


@strawberry.input(description="On which terms the cart is ordered.")
class CheckoutInput:
    idempotency_key: str = strawberry.field(
        description="1 to 128 printable characters, new for each order; the same for a retry."
    )
    address_id: strawberry.ID | None = strawberry.field(default=None, description=ADDRESS_ID)
    shipping_method: str | None = strawberry.field(
        default=None, description="The code of one of the shippingOffers; the first when absent."
    )
    discount_code: str | None = strawberry.field(default=None, description="In capitals or not.")
    quote_id: strawberry.ID | None = strawberry.field(
        default=None, description="Order as it was quoted; then with none of the three above."
    )


@strawberry.input(description="On which terms the cart is to be priced.")
class CreateQuoteInput:
    address_id: strawberry.ID | None = strawberry.field(default=None, description=ADDRESS_ID)
    shipping_method: str | None = strawberry.field(
        default=None, description="The code of one of the shippingOffers; the first when absent."
    )
    discount_code: str | None = strawberry.field(default=None, description="In capitals or not.")


@strawberry.type
class CheckoutMutation:
    @mutation(
        Role.GUEST,
        description="What an order of the cart's selected lines costs, promised for 15 minutes. Holds nothing.",
    )
    async def create_quote(self, info: Info, input: CreateQuoteInput) -> CreateQuoteResult:
        place = None if input.address_id is None else input_id(input.address_id, "Address", "addressId")
        terms = Terms(place, input.shipping_method, input.discount_code)
        viewer, context = signed_in(info), info.context
        made = await create_quote(context.infra, viewer.user_id, terms, context.client, viewer.groups)
        return Quote.of(made)

    @mutation(
        Role.GUEST,
        description="Order the selected lines of one's cart; the stock is held, and the cart emptied of them.",
        rank=Rank.FINISH,
    )
    async def checkout(self, info: Info, input: CheckoutInput) -> CheckoutResult:
        address_id = None if input.address_id is None else input_id(input.address_id, "Address", "addressId")
        quote_id = None if input.quote_id is None else input_id(input.quote_id, "Quote", "quoteId")
        terms = Terms(address_id, input.shipping_method, input.discount_code, quote_id)
        viewer = signed_in(info)
        wish = Checkout(
            viewer.user_id,
            input.idempotency_key,
            terms,
            info.context.client,
            buyer_id=viewer.person_id,
            groups=viewer.groups,
        )
        return Order.of(await checkout(info.context.infra, wish))
