"""Units of an order's lines that somebody asks something for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from models import OrderLine
from services.shared.asked import check_fields, units_problem
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.idempotency import Request
from services.shared.texts import text_problem
from services.stock.order_steps import Units

MAX_LINES: Final = 200
MAX_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class LinesAsked:
    """``lines``: ids of the order's lines and units. ``owner``: whose the order has to be; None for staff."""

    order_id: UUID
    lines: tuple[tuple[UUID, int], ...]
    reason: str | None
    by: UUID
    key: str
    actor: str
    owner: UUID | None = None


def check_lines(asked: LinesAsked, operation: str) -> Request:
    """Returns the request to be done once. Errors: InvalidInput."""
    check_fields(
        lines=_lines_problem([id_ for id_, _ in asked.lines]),
        reason=None if asked.reason is None else text_problem(asked.reason, MAX_REASON),
    )
    problems = [(i, units_problem(count)) for i, (_, count) in enumerate(asked.lines)]
    _refuse([(i, "quantity", problem) for i, problem in problems if problem])
    lines = ",".join(f"{id_.hex}:{count}" for id_, count in sorted(asked.lines))
    return Request.of(asked.by, operation, asked.key, asked.order_id.hex, lines, asked.reason)


def _lines_problem(ids: Sequence[UUID]) -> str | None:
    if not 1 <= len(ids) <= MAX_LINES:
        return f"must have 1 to {MAX_LINES} entries"
    return None if len(set(ids)) == len(ids) else "must name each line once"


def units_asked(
    lines: Sequence[OrderLine], asked: LinesAsked, left: Callable[[OrderLine], int], why: str
) -> list[tuple[OrderLine, int]]:
    """Returns the lines that are asked for; of none more units than are ``left``. Errors: InvalidInput."""
    known = {line.id: line for line in lines}
    problems = []
    for i, (id_, count) in enumerate(asked.lines):
        if id_ not in known:
            problems.append((i, "lineId", "is no line of the order"))
        elif count > left(known[id_]):
            problems.append((i, "quantity", f"must be at most {left(known[id_])}: {why}"))
    _refuse(problems)
    return [(known[id_], count) for id_, count in asked.lines]


def said_of(what: str, units: Units) -> str:
    """Returns what the history says of them."""
    text = f"{what}: " + ", ".join(f"{count} × {line.title}" for line, count in units)
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 1] + "…"


def _refuse(problems: Sequence[tuple[int, str, str]]) -> None:
    if problems:
        raise InvalidInput(FieldProblem(("input", "lines", str(i), name), text) for i, name, text in problems)
