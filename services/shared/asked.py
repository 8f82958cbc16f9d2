"""What staff ask for: who asks, and what is wrong with it."""

from dataclasses import dataclass
from uuid import UUID

from services.shared.errors import FieldProblem, InvalidInput
from services.shared.texts import MOST_QUANTITY


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, with which key; ``actor`` is how the ledger names them."""

    by: UUID
    key: str
    actor: str


def check_fields(**problems: str | None) -> None:
    """Errors: InvalidInput with every field that has a problem."""
    found = [FieldProblem(("input", name), problem) for name, problem in problems.items() if problem]
    if found:
        raise InvalidInput(found)


def units_problem(units: int, least: int = 1) -> str | None:
    return None if least <= units <= MOST_QUANTITY else f"must be {least} to {MOST_QUANTITY}"
