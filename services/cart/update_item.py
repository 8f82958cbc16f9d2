"""Set how many units a line has."""

from uuid import UUID

from infra.runtime import Infra
from models.cart_document import CartDoc
from services.cart.add_item import too_many
from services.cart.change_cart import Change, change_cart, read_cart
from services.cart.rules import NoCart, NoLine, Owner, TooMany
from services.cart.views import find_wares
from services.shared.errors import InvalidInput, NotFound


async def update_item(infra: Infra, owner: Owner | None, item_id: UUID, quantity: int) -> CartDoc:
    """Set how many units a line has; 0 removes it. Fewer than there are is always taken, more only as far as there
    is stock.

    Errors: InvalidInput, NotFound, OutOfStock, TryAgain, StoreUnavailable.
    """
    most = infra.settings.shop.cart_line_quantity
    if not 0 <= quantity <= most:
        raise InvalidInput.at("quantity", message=f"must be between 0 and {most}")
    if quantity == 0:
        return await remove_item(infra, owner, item_id)
    cart = await read_cart(infra, owner) if owner else None
    line = cart.line(item_id) if cart else None
    if owner is None or line is None:
        raise no_line()
    ware = (await find_wares(infra, [line.variant_id])).get(line.variant_id)
    available = ware.available if ware else 0
    change = Change("set", (item_id.hex, quantity, min(available, most)))
    try:
        return await change_cart(infra, owner, change)
    except (NoCart, NoLine):
        raise no_line() from None
    except TooMany:
        if ware is None:
            raise NotFound("It is not sold any more.") from None
        raise too_many(infra, ware, quantity) from None


async def remove_item(infra: Infra, owner: Owner | None, item_id: UUID) -> CartDoc:
    """Errors: NotFound, TryAgain, StoreUnavailable."""
    if owner is None:
        raise no_line()
    try:
        return await change_cart(infra, owner, Change("drop", (item_id.hex,)))
    except (NoCart, NoLine):
        raise no_line() from None


def no_line() -> NotFound:
    return NotFound("There is no such line in the cart.")
