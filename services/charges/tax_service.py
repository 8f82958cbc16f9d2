"""The port of a tax service from outside, which says at what rates an order is taxed."""

from collections.abc import Collection
from typing import Protocol

from services.charges.rules import Place
from services.shared.pricing import Tax


class TaxService(Protocol):
    """Brought by a package, by the entry point ``rushcart.tax_services``; see docs/charges.md."""

    async def tax_for(self, place: Place, classes: Collection[str]) -> Tax:
        """Returns the tax of an order of products of these classes that goes there; amounts are the shop's to work
        out. Whatever it raises, and what takes too long, makes the shop's own regions count."""
