"""Choose the lines that a checkout takes."""

from collections.abc import Sequence
from uuid import UUID

from infra.runtime import Infra
from models.cart_document import CartDoc
from services.cart.change_cart import Change, change_cart, read_cart
from services.cart.clear_cart import no_cart
from services.cart.rules import NoCart, NoLine, Owner
from services.cart.update_item import no_line


async def select_items(
    infra: Infra, owner: Owner | None, item_ids: Sequence[UUID] | None, *, selected: bool
) -> CartDoc:
    """Choose the lines that a checkout takes.

    ``item_ids``: None for all. Errors: NotFound, and then none is changed; TryAgain, StoreUnavailable.
    """
    if owner is None or (cart := await read_cart(infra, owner)) is None:
        raise no_cart()
    if item_ids is not None and not item_ids:
        return cart
    lines = [item_id.hex for item_id in dict.fromkeys(item_ids or ())]
    try:
        return await change_cart(infra, owner, Change("mark", (int(selected), *lines)))
    except NoCart:
        raise no_cart() from None
    except NoLine:
        raise no_line() from None
