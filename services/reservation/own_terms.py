"""What holds for one buyer of an item, as the script that reserves is told."""

from dataclasses import dataclass
from typing import Final

from models.order_document import OrderSnapshot


@dataclass(frozen=True, slots=True)
class OwnTerms:
    """What holds for one buyer instead of the item's terms: the most that they may have, and before when
    nothing is sold to them (milliseconds). ``price``: what the script is to have as the item's price, if that is
    not the line's."""

    limit: int | None = None
    opens_ms: int | None = None
    price: str | None = None


ITEMS_TERMS: Final = OwnTerms()


def own_terms(order: OrderSnapshot, own: OwnTerms) -> str:
    """Returns the argument; empty where the item's terms hold."""
    if order.buyer_id is None and own.limit is None and own.opens_ms is None:
        return ""
    parts = (order.buyer.hex, own.limit, own.opens_ms)
    return "|".join("" if part is None else str(part) for part in parts)
