"""What a reconciliation found."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    DATABASE = "database"
    REDIS = "redis"


class Outcome(StrEnum):
    FOUND = "found"
    REPAIRED = "repaired"
    NEEDS_A_PERSON = "needs a person"


Value = int | str | None
"""Units, or a text as Redis keeps it; None for what is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``what`` names the count that is wrong, e.g. ``held``, ``ledger available``, ``hold of 0198...``;
    ``warehouse`` is its code."""

    scope: Scope
    sku: str
    item_id: UUID | None
    what: str
    expected: Value
    found: Value
    outcome: Outcome = Outcome.FOUND
    note: str = ""
    warehouse: str = ""

    @property
    def place(self) -> tuple[Scope, str, str, UUID | None, str]:
        """What it is about, whatever the values are at the moment."""
        return self.scope, self.sku, self.warehouse, self.item_id, self.what


@dataclass(slots=True)
class Report:
    """``on_their_way`` reservations are not in the database yet; ``parked`` of them are in the dead letters."""

    skus: int = 0
    differences: list[Difference] = field(default_factory=list)
    on_their_way: int = 0
    parked: int = 0

    @property
    def repaired(self) -> int:
        return sum(d.outcome is Outcome.REPAIRED for d in self.differences)

    @property
    def clean(self) -> bool:
        """True when all is equal, now that what could be repaired was repaired."""
        return self.repaired == len(self.differences)
