"""At sign-in: what is in a guest's cart goes into the customer's.

The lines are put there first and taken out of the guest's cart after that, so nothing is lost by dying in between;
done again, the same guest's cart in the same state is not added twice.
"""

import hashlib
from dataclasses import replace
from uuid import UUID

import structlog

from infra.errors import StoreUnavailable
from infra.redis_batch import Argument
from infra.runtime import Infra
from models.cart_document import CartDoc, LineDoc, line_id
from services.cart.change_cart import Change, added_line, change_cart, read_cart
from services.cart.rules import OtherCurrency, Owner
from services.cart.take_lines import take_lines
from services.cart.views import Ware, find_wares, price_in
from services.shared.errors import TryAgain

log = structlog.get_logger(__name__)


async def merge_carts(infra: Infra, user_id: UUID, token: str | None) -> CartDoc | None:
    """Bring a guest's lines into the customer's cart. Returns the customer's.

    Quantities are added as far as stock and the limit of a line allow: of what is sold out one unit stays. A line
    is selected as the guest left it. Lines for which the cart has no room stay in the guest's.
    Errors: TryAgain, StoreUnavailable.
    """
    customer, guest = Owner.customer(user_id), Owner.guest(token)
    cart = await read_cart(infra, guest) if guest else None
    if guest is None or cart is None or not cart.lines:
        return await read_cart(infra, customer)
    wares = await find_wares(infra, [line.variant_id for line in cart.lines])
    merged = await _merge(infra, customer, cart, wares)
    there = {line.variant_id for line in merged.lines}
    moved = {line.id: line.quantity for line in cart.lines if line.variant_id in there}
    await take_lines(infra, guest, moved, _operation(cart, "out"))
    return merged


async def left_behind(infra: Infra, cart: CartDoc, token: str | None) -> bool:
    """Tell whether the guest's cart of ``token`` still has lines beside the customer's ``cart``.

    Errors: StoreUnavailable.
    """
    guest = Owner.guest(token)
    if guest is None or cart.token_hash is not None:
        return False
    left = await read_cart(infra, guest)
    return left is not None and bool(left.lines)


async def bring_cart(infra: Infra, user_id: UUID, token: str | None) -> None:
    """Bring a guest's cart into the customer's, as far as it can be done now: nobody is kept from signing in by a
    cart. Never fails."""
    if token is None:
        return
    try:
        await merge_carts(infra, user_id, token)
    except (StoreUnavailable, TryAgain):
        log.warning("cart.not_merged", user=user_id.hex)


async def _merge(infra: Infra, customer: Owner, cart: CartDoc, wares: dict[UUID, Ware]) -> CartDoc:
    """Merge the lines into the customer's currency when the cart has one already."""
    try:
        return await change_cart(
            infra, customer, _merging_change(infra, customer, cart, wares, cart.currency or "")
        )
    except OtherCurrency as other:
        change = _merging_change(infra, customer, cart, wares, other.currency)
        return await change_cart(infra, customer, change)


def _merging_change(
    infra: Infra, customer: Owner, cart: CartDoc, wares: dict[UUID, Ware], currency: str
) -> Change:
    args: list[Argument] = []
    for line in cart.lines:
        ware = wares.get(line.variant_id)
        most = min(ware.available if ware else 0, infra.settings.shop.cart_line_quantity)
        new = _in_currency(line, customer, ware, currency, same=currency == cart.currency)
        args += added_line(new, most)
    return Change("merge", tuple(args), currency, _operation(cart, "in"))


def _in_currency(line: LineDoc, customer: Owner, ware: Ware | None, currency: str, *, same: bool) -> LineDoc:
    """Returns the line at the price that the guest saw, or today's in another currency; 0 where there is none:
    then it is not sold."""
    price = line.price if same else (price_in(ware.variant, currency) if ware else None) or 0
    return replace(line, id=line_id(customer.cart_id, line.variant_id), price=price)


def _operation(cart: CartDoc, way: str) -> str:
    state = f"{cart.id.hex}:{cart.life}:{cart.version}:{way}"
    return hashlib.sha256(state.encode()).hexdigest()[:16]
