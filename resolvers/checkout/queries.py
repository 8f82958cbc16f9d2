"""Before a checkout: how the cart can be shipped."""

from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.errors import to_request_error
from resolvers.shared.money import Money
from resolvers.shared.node import argument_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.restricted import restricted
from services.checkout.list_offers import list_offers
from services.shared.errors import ServiceError


@strawberry.type(description="A way to ship the cart as it is now.")
class ShippingOffer:
    code: str = strawberry.field(description="What checkout and createQuote take as `shippingMethod`.")
    name: str = strawberry.field(description="What customers are shown.")
    price: Money = strawberry.field(description="Before tax that is not included.")


@strawberry.type
class CheckoutQuery:
    @restricted(
        Role.GUEST,
        description="How the selected lines of one's cart can be shipped there; the first is the default.",
    )
    async def shipping_offers(
        self,
        info: Info,
        address_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="An entry of one's address book; what fits any place when left out."),
        ] = None,
    ) -> list[ShippingOffer]:
        place = None if address_id is None else argument_id(address_id, "Address", "addressId")
        try:
            currency, offers = await list_offers(
                info.context.infra, signed_in(info).user_id, place, info.context.groups
            )
        except ServiceError as error:
            raise to_request_error(error) from error
        return [ShippingOffer(code=o.code, name=o.name, price=Money.of(o.price, currency)) for o in offers]
