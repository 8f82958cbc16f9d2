"""Put units of a variant into a cart; a guest without one gets one."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from infra.runtime import Infra
from models.cart_document import CartDoc, LineDoc, line_id
from services.cart.change_cart import Change, added_line, change_cart
from services.cart.rules import NoCart, OtherCurrency, Owner, TooMany, TooManyLines, new_guest
from services.cart.views import Ware, find_ware, price_in
from services.money.amounts import is_currency
from services.shared.errors import InvalidInput, OutOfStock
from services.shared.fingerprint import MAX_KEY
from services.shared.viewer import NO_GROUPS


@dataclass(frozen=True, slots=True)
class Wish:
    """``currency``: None takes the cart's, or the variant's own. A repetition has the same ``key``."""

    variant_id: UUID
    quantity: int
    currency: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """``token``: of a guest's cart that is new."""

    cart: CartDoc
    token: str | None = None


async def add_item(infra: Infra, owner: Owner | None, wish: Wish, groups: Collection[str] = NO_GROUPS) -> Added:
    """Put units into a cart. ``owner``: None for a guest without a cart; a guest whose cart has gone gets a new
    one. ``groups``: what the owner is in.

    Errors: InvalidInput, NotFound, OutOfStock, TryAgain, StoreUnavailable.
    """
    _check_item(infra, wish)
    ware = await find_ware(infra, wish.variant_id, groups)
    if owner is not None:
        try:
            return Added(await _add(infra, owner, wish, ware, new=False))
        except NoCart:
            pass
    owner, token = new_guest()
    return Added(await _add(infra, owner, wish, ware, new=True), token)


def _check_item(infra: Infra, wish: Wish) -> None:
    most = infra.settings.shop.cart_line_quantity
    if not 1 <= wish.quantity <= most:
        raise InvalidInput.at("quantity", message=f"must be between 1 and {most}")
    if wish.currency is not None and not is_currency(wish.currency):
        raise InvalidInput.at("currencyCode", message="is not an ISO 4217 currency code")
    if wish.key is not None and not 1 <= len(wish.key) <= MAX_KEY:
        raise InvalidInput.at("idempotencyKey", message=f"must have 1 to {MAX_KEY} characters")


async def _add(infra: Infra, owner: Owner, wish: Wish, ware: Ware, *, new: bool) -> CartDoc:
    try:
        return await _try(infra, owner, wish, ware, wish.currency or ware.variant.currency, new)
    except OtherCurrency as other:
        if wish.currency is not None:
            message = f"the cart is in {other.currency}"
            raise InvalidInput.at("currencyCode", message=message) from None
        return await _try(infra, owner, wish, ware, other.currency, new)


async def _try(infra: Infra, owner: Owner, wish: Wish, ware: Ware, currency: str, new: bool) -> CartDoc:
    price = price_in(ware.variant, currency)
    if price is None:
        raise InvalidInput.at("variantId", message=f"is not sold in {currency}")
    line = LineDoc(
        line_id(owner.cart_id, ware.variant.id),
        ware.variant.id,
        ware.variant.sku,
        ware.title,
        wish.quantity,
        True,
        price,
        infra.now(),
    )
    most = min(ware.available, infra.settings.shop.cart_line_quantity)
    change = Change("add", added_line(line, most), currency)
    if wish.key is not None:
        change = replace(change, operation=_operation(owner, wish.key))
    try:
        return await change_cart(infra, owner, change, new=new)
    except TooMany as error:
        raise too_many(infra, ware, error.there + wish.quantity) from None
    except TooManyLines:
        message = f"the cart has {infra.settings.shop.cart_lines} lines, and can have no more"
        raise InvalidInput.at("variantId", message=message) from None


def too_many(infra: Infra, ware: Ware, wanted: int) -> OutOfStock | InvalidInput:
    """Returns why so many units cannot be in a line."""
    most = infra.settings.shop.cart_line_quantity
    if wanted > most:
        return InvalidInput.at("quantity", message=f"at most {most} of one kind are taken")
    return OutOfStock(ware.variant.sku, ware.available)


def _operation(owner: Owner, key: str) -> str:
    return hashlib.sha256(owner.cart_id.bytes + key.encode(errors="surrogatepass")).hexdigest()[:16]
