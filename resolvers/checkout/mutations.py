"""Check out one's cart."""

from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.order.types import Order
from resolvers.shared.context import Info
from resolvers.shared.errors import CartEmpty, IdempotencyConflict, InvalidInput, NotFound, OutOfStock, TryAgain
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose import Terms

CheckoutResult = Annotated[
    Order | CartEmpty | OutOfStock | NotFound | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CheckoutResult"),
]


@strawberry.input
class CheckoutInput:
    idempotency_key: str = strawberry.field(
        description="1 to 128 printable characters, new for each order; the same for a retry."
    )
    address_id: strawberry.ID | None = None
    shipping_method: str | None = strawberry.field(
        default=None, description="The code of one of the shippingOffers; the first when absent."
    )
    discount_code: str | None = strawberry.field(default=None, description="In capitals or not.")


@strawberry.type
class CheckoutMutation:
    @mutation(
        Role.CUSTOMER,
        description="Order the selected lines of one's cart; the stock is held, and the cart emptied of them.",
    )
    async def checkout(self, info: Info, input: CheckoutInput) -> CheckoutResult:
        address_id = None if input.address_id is None else input_id(input.address_id, "Address", "addressId")
        terms = Terms(address_id, input.shipping_method, input.discount_code)
        wish = Checkout(signed_in(info).user_id, input.idempotency_key, terms)
        return Order.of(await checkout(info.context.infra, wish))
