"""The buckets of a stock level, arithmetic on them, and which warehouses units come from. Pure."""

from collections.abc import Sequence
from itertools import accumulate
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


def spread(units: int, choices: Sequence[tuple[UUID, int]]) -> dict[UUID, int] | None:
    """Spread ``units`` > 0 over as few warehouses as have them; None when all together have not so many.

    ``choices``: what each has, the first choice first. Of several sets as small, the one whose first warehouse is
    the first choice, then its second, and so on; each but the last gives all that it has.
    """
    count = _fewest(units, [available for _, available in choices])
    if count is None:
        return None
    found: dict[UUID, int] = {}
    for place, (warehouse_id, available) in enumerate(choices):
        after = sorted((later for _, later in choices[place + 1 :]), reverse=True)
        if units and available + sum(after[: count - len(found) - 1]) >= units:
            found[warehouse_id] = min(available, units)
            units -= found[warehouse_id]
    return found


def _fewest(units: int, available: Sequence[int]) -> int | None:
    for count, reached in enumerate(accumulate(sorted(available, reverse=True)), 1):
        if reached >= units:
            return count
    return None
