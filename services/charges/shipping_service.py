"""The port of a shipping service from outside, which says what a parcel costs."""

from collections.abc import Sequence
from typing import Protocol

from services.charges.rules import Parcel, ShippingOffer


class ShippingService(Protocol):
    """Brought by a package, by the entry point ``rushcart.shipping_services``; see docs/charges.md."""

    async def offers(self, parcel: Parcel) -> Sequence[ShippingOffer]:
        """Returns the ways that the parcel can go, the one that is taken unless another is chosen first; none when
        it cannot be delivered. Whatever it raises, and what takes too long, makes the shop's own rates count."""
