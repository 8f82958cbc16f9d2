"""Cells that an import has no use for, counted by column: what a file says and the shop will not. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.catalog.shopify.left_out import PROBLEM

_RENAMED: Final = {
    "continue selling when out of stock": "variant inventory policy",
    "fulfillment service": "variant fulfillment service",
    "requires shipping": "variant requires shipping",
    "charge tax": "variant taxable",
    "weight unit for display": "variant weight unit",
}
"""Shopify's newer names of columns, with the older ones."""
_SAY_NOTHING: Final[Mapping[str, frozenset[str]]] = {
    "variant inventory policy": frozenset({"deny"}),
    "variant fulfillment service": frozenset({"manual"}),
    "variant requires shipping": frozenset({"true"}),
    "variant taxable": frozenset({"true"}),
    "variant weight unit": frozenset({"g", "kg", "lb", "oz"}),
    "gift card": frozenset({"false"}),
    PROBLEM.lower(): frozenset(),
}
"""By column, what is so here anyway."""
_WHY: Final[Mapping[str, str]] = {
    "variant inventory policy": "nothing is sold here that is not there",
    "gift card": "there are no gift cards here: it would be a product like others",
}


@dataclass(frozen=True, slots=True)
class Note:
    """``column`` as the file names it; ``count`` cells of it are not used as they are, and why."""

    column: str
    count: int
    message: str


@dataclass(slots=True)
class Unused:
    """Counts the cells of columns that are not known, and whatever else is noted."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, column: str, message: str) -> None:
        self.counts[column, message] += 1

    def look_at(self, cells: Iterable[tuple[str, str]]) -> None:
        """Count cells of columns that are not known, with their headings."""
        for heading, cell in cells:
            kind, text = _RENAMED.get(heading.lower(), heading.lower()), cell.strip()
            if text and kind != PROBLEM.lower() and text.lower() not in _SAY_NOTHING.get(kind, ()):
                self.note(heading, _WHY.get(kind, "not used"))

    def notes(self) -> Iterator[Note]:
        for (column, message), count in self.counts.items():
            yield Note(column, count, message)
