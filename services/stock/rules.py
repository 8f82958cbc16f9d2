"""The buckets of a stock level, and arithmetic on them. Pure."""

from typing import NamedTuple
from uuid import UUID


class Counts(NamedTuple):
    """Units, or deltas of them. ``on_hand`` is the sum of the others."""

    on_hand: int = 0
    available: int = 0
    set_aside: int = 0
    held: int = 0
    committed: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(*map(int.__add__, self, other))

    def minus(self, other: "Counts") -> "Counts":
        return Counts(*map(int.__sub__, self, other))

    @property
    def sellable(self) -> int:
        """What customers can order: ``available``, and ``set_aside`` in sales."""
        return self.available + self.set_aside


NOTHING = Counts()

Place = tuple[str, UUID]
"""A SKU and the id of a warehouse."""
