"""Take everything out of a cart."""

from infra.runtime import Infra
from models.cart_document import CartDoc
from services.cart.change_cart import Change, change_cart, read_cart
from services.cart.rules import NoCart, Owner
from services.shared.errors import NotFound


async def clear_cart(infra: Infra, owner: Owner | None, *, selected_only: bool = False) -> CartDoc:
    """Errors: NotFound when there is no cart, TryAgain, StoreUnavailable."""
    if owner is None or await read_cart(infra, owner) is None:
        raise no_cart()
    try:
        return await change_cart(infra, owner, Change("clear", (int(selected_only),)))
    except NoCart:
        raise no_cart() from None


def no_cart() -> NotFound:
    return NotFound("There is no cart.")
