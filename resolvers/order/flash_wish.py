"""What is wanted of a flash sale, as it is quoted and armed."""

from typing import Final, Protocol

import strawberry

from resolvers.shared.context import Info
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from services.flash_sale.find_ordered import MOST_ITEMS, Wanted
from services.order.quote_flash_order import FlashQuoteWish

OTHERS: Final = (
    "Further items of the same sale, each once: the order has all of it, or nothing is held. "
    f"At most {MOST_ITEMS - 1}."
)


@strawberry.input(description="A further item of the same sale.")
class FlashOrderItemInput:
    item_id: strawberry.ID = strawberry.field(description="The item of the sale, not its variant.")
    quantity: int = strawberry.field(description="Units, within the item's `perCustomerLimit`.")


class WishInput(Protocol):
    """What the inputs to quote and to arm an order have both."""

    item_id: strawberry.ID
    quantity: int
    address_id: strawberry.ID | None
    shipping_method: str | None
    discount_code: str | None
    others: list[FlashOrderItemInput] | None
    currency_code: str | None


def flash_wish(info: Info, input: WishInput) -> FlashQuoteWish:
    """Returns what the viewer asks a price for. Errors: InvalidInput."""
    viewer = signed_in(info)
    return FlashQuoteWish(
        customer_id=viewer.user_id,
        item_id=input_id(input.item_id, "FlashSaleItem", "itemId"),
        quantity=input.quantity,
        address_id=None if input.address_id is None else input_id(input.address_id, "Address", "addressId"),
        shipping_method=input.shipping_method,
        discount_code=input.discount_code,
        others=other_items(input.others),
        client=info.context.client,
        buyer_id=viewer.person_id,
        groups=viewer.groups,
        currency=input.currency_code,
    )


def other_items(items: list[FlashOrderItemInput] | None) -> tuple[Wanted, ...]:
    # No order has so many; the service says so.
    some = (items or [])[:MOST_ITEMS]
    return tuple(
        Wanted(input_id(item.item_id, "FlashSaleItem", "others", str(i), "itemId"), item.quantity)
        for i, item in enumerate(some)
    )
