"""Quote a flash order: what the click will cost, with its address and way to ship, known before it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from infra.clock import to_millis
from infra.runtime import Infra
from services.address.find_addresses import find_own_address
from services.charges.work_out import work_out
from services.flash_sale.find_items import find_item
from services.flash_sale.rules import MAX_QUANTITY
from services.order.charge_flash_order import basis_of
from services.order.flash_quotes import FlashQuote
from services.shared.errors import FlashSaleNotRunning, InvalidInput, NotFound
from services.shared.patience import or_try_again

KEPT: Final = timedelta(minutes=15)
_AHEAD: Final = timedelta(hours=1)
"""A sale that starts so soon is quoted until the same time after its start."""


@dataclass(frozen=True, slots=True)
class FlashQuoteWish:
    """What a customer may order; the first way to ship when ``shipping_method`` is None."""

    customer_id: UUID
    item_id: UUID
    quantity: int
    address_id: UUID | None = None
    shipping_method: str | None = None


async def quote_flash_order(infra: Infra, wish: FlashQuoteWish) -> FlashQuote:
    """Make a quote; it holds no stock.

    Errors: InvalidInput, NotFound (the item, the address), FlashSaleNotRunning (it is over), TryAgain.
    """
    if not 1 <= wish.quantity <= MAX_QUANTITY:
        raise InvalidInput.at("quantity", message=f"must be 1 to {MAX_QUANTITY}")
    with or_try_again():
        item = await find_item(infra, wish.item_id)
        if not item.is_public:
            raise NotFound("There is no such flash-sale item.")
        now = infra.now()
        if item.is_over(now):
            raise FlashSaleNotRunning(item.starts_at, item.ends_at)
        address = None
        if wish.address_id is not None:
            address = await find_own_address(infra, wish.customer_id, wish.address_id)
        charges = await work_out(infra, basis_of(item, wish.quantity, address, wish.shipping_method))
    begins = item.starts_at if now < item.starts_at <= now + _AHEAD else now
    return FlashQuote(
        wish.customer_id,
        item.id,
        wish.quantity,
        item.price,
        item.currency,
        to_millis(begins + KEPT),
        address,
        charges,
    )
