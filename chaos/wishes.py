"""What a shopper wants, and was told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Wish:
    """One thing that one customer wants: ``orders`` are those that answers showed, ``cancelled`` as was told.

    ``approved``: what was said on the provider's page, None when it was not reached. ``others``: further items of
    the same order. ``quote``: of the order that was armed before, whose money is taken by itself.
    """

    customer_id: UUID
    key: str
    quantity: int
    item_id: UUID | None = None
    others: tuple[tuple[UUID, int], ...] = ()
    quote: str | None = None
    orders: set[UUID] = field(default_factory=set)
    refused: bool = False
    cancelled: bool = False
    approved: bool | None = None

    def is_of(self, units: Mapping[UUID, int]) -> bool:
        """Returns whether an order of these units by item is what is wanted."""
        if self.item_id is None:
            return list(units.values()) == [self.quantity]
        return dict(units) == {self.item_id: self.quantity, **dict(self.others)}
