"""Find the items that one order is of: of one sale, each once, in the order in which they are reserved."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from infra.runtime import Infra
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.find_items import find_item
from services.flash_sale.rules import MAX_QUANTITY
from services.shared.errors import InvalidInput

MOST_ITEMS: Final = 20
"""Of one order: each is a step of its saga, on the way of the click."""


class Wanted(NamedTuple):
    """So many units of an item."""

    item_id: UUID
    quantity: int


def check_wanted(wanted: Sequence[Wanted]) -> None:
    """Errors: InvalidInput. The first is the order's own, the others are its ``others``."""
    if len(wanted) > MOST_ITEMS:
        raise InvalidInput.at("others", message=f"must have at most {MOST_ITEMS - 1} items")
    for place, (item_id, quantity) in enumerate(wanted):
        if not 1 <= quantity <= MAX_QUANTITY:
            raise InvalidInput.at(*_path(place, "quantity"), message=f"must be 1 to {MAX_QUANTITY}")
        if place and item_id in {earlier.item_id for earlier in wanted[:place]}:
            raise InvalidInput.at(*_path(place, "itemId"), message="stands twice in this order")


async def find_ordered(
    infra: Infra, wanted: Sequence[Wanted], currency: str | None = None
) -> list[tuple[FlashItemDoc, int]]:
    """Returns the items with their units, sorted: all orders take their items in this order. They need not be of
    one currency where one is chosen.

    Errors: NotFound, InvalidInput (of another sale), StoreUnavailable.
    """
    if len(wanted) == 1:
        return [(await find_item(infra, wanted[0].item_id), wanted[0].quantity)]
    found = [(await find_item(infra, item_id), quantity) for item_id, quantity in wanted]
    first = found[0][0]
    for place, (item, _) in enumerate(found):
        if item.sale_id != first.sale_id or (currency is None and item.currency != first.currency):
            raise InvalidInput.at(*_path(place, "itemId"), message="is of another sale or currency")
    return sorted(found, key=lambda one: (one[0].sku, one[0].id))


def _path(place: int, name: str) -> tuple[str, ...]:
    return (name,) if place == 0 else ("others", str(place - 1), name)
