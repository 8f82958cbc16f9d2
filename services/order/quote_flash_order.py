"""Quote a flash order: what the click will cost, with its address, way to ship and code, known before it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from infra.clock import to_millis
from infra.runtime import Infra
from services.address.find_addresses import find_own_address
from services.charges.work_out import work_out
from services.discount.find_code import FoundCode, refused
from services.discount.try_code import try_code
from services.flash_sale.find_ordered import Wanted, check_wanted, find_ordered
from services.flash_sale.terms_for import in_currency, terms_for
from services.order.charge_flash_order import Units, basis_of
from services.order.flash_quotes import FlashQuote, QuotedItem
from services.order.hold_code import hold_code
from services.shared.client import NOWHERE, Client
from services.shared.errors import FlashSaleNotRunning, InvalidInput, NotFound
from services.shared.patience import or_try_again
from services.shared.viewer import NO_GROUPS

KEPT: Final = timedelta(minutes=15)
_AHEAD: Final = timedelta(hours=1)
"""A sale that starts so soon is quoted until the same time after its start."""


@dataclass(frozen=True, slots=True)
class FlashQuoteWish:
    """What a customer may order; the first way to ship when ``shipping_method`` is None. ``others``: further items
    of the same sale. ``buyer_id``: as an order has it. ``currency``: the items' own when None."""

    customer_id: UUID
    item_id: UUID
    quantity: int
    address_id: UUID | None = None
    shipping_method: str | None = None
    discount_code: str | None = None
    others: tuple[Wanted, ...] = ()
    client: Client = NOWHERE
    buyer_id: UUID | None = None
    groups: frozenset[str] = NO_GROUPS
    currency: str | None = None

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        return (Wanted(self.item_id, self.quantity), *self.others)


async def quote_flash_order(infra: Infra, wish: FlashQuoteWish, *, until_the_end: bool = False) -> FlashQuote:
    """Make a quote, good for a quarter of an hour or ``until_the_end`` of the sale; it holds no stock, but the use
    of its code.

    Errors: InvalidInput, NotFound (the item, the address), FlashSaleNotRunning (it is over), RateLimited (wrong
    codes), TryAgain.
    """
    check_wanted(wish.wanted)
    with or_try_again():
        items = await _items(infra, wish)
        first = items[0][0]
        until = first.ends_at if until_the_end else _kept_until(infra.now(), first.starts_at)
        address = None
        if wish.address_id is not None:
            address = await find_own_address(infra, wish.customer_id, wish.address_id)
        code = await _code(infra, wish, items)
        charges = await work_out(infra, basis_of(items, address, wish.shipping_method, code))
        hold = None
        if code is not None:
            hold = await hold_code(infra, code.id, wish.customer_id, first, until, wish.buyer_id)
    price_of = {item.id: item.price for item, _ in items}
    return FlashQuote(
        wish.customer_id,
        tuple(QuotedItem(item_id, quantity, price_of[item_id]) for item_id, quantity in wish.wanted),
        first.currency,
        to_millis(until),
        address,
        charges,
        charges.total,
        hold,
    )


async def _items(infra: Infra, wish: FlashQuoteWish) -> list[Units]:
    """Errors: InvalidInput, NotFound, FlashSaleNotRunning, StoreUnavailable."""
    found = await find_ordered(infra, wish.wanted, wish.currency)
    in_currency([item for item, _ in found], wish.currency)
    items = [(terms_for(item, wish.groups, wish.currency)[0], units) for item, units in found]
    first = items[0][0]
    if not all(item.is_public for item, _ in items):
        raise NotFound("There is no such flash-sale item.")
    if first.is_over(infra.now()):
        raise FlashSaleNotRunning(first.starts_at, first.ends_at)
    if first.requires_delivery:
        for name, given in (("addressId", wish.address_id), ("shippingMethod", wish.shipping_method)):
            if given is None:
                raise InvalidInput.at(name, message="is needed for orders of this sale")
    return items


async def _code(infra: Infra, wish: FlashQuoteWish, items: list[Units]) -> FoundCode | None:
    """Errors: InvalidInput, RateLimited, StoreUnavailable."""
    if wish.discount_code is None:
        return None
    first = items[0][0]
    if not first.allows_codes:
        raise refused("cannot be used in this sale")
    return await try_code(infra, wish.discount_code, first.currency, wish.customer_id, wish.client, for_flash=True)


def _kept_until(now: datetime, starts_at: datetime) -> datetime:
    return (starts_at if now < starts_at <= now + _AHEAD else now) + KEPT
