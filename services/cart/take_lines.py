"""Take out of a cart what has been ordered: so many units a line, not what was added since."""

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from infra.runtime import Infra
from services.cart.change_cart import Change, change_cart
from services.cart.rules import CartRefusal, Owner


async def take_lines(infra: Infra, owner: Owner, quantities: Mapping[UUID, int], operation: str) -> None:
    """Take units out of a customer's cart, by line.

    With the same ``operation`` (16 hex digits) again nothing more is taken, unless sixteen other changes came
    between. Lines and carts that are not there are passed over. Errors: TryAgain, StoreUnavailable.
    """
    if not quantities:
        return
    args = [part for line, quantity in quantities.items() for part in (line.hex, quantity)]
    with suppress(CartRefusal):
        await change_cart(infra, owner, Change("take", tuple(args), operation=operation))
