"""What a look at something found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    GOOD = "good"
    DOUBTFUL = "doubtful"
    """It runs, and may not do what is wanted of it."""
    WRONG = "wrong"
    """A promise does not hold, or it does not run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``mend`` says how; empty when there is nothing to mend."""

    area: str
    level: Level
    what: str
    mend: str = ""


def good(area: str, what: str) -> Finding:
    return Finding(area, Level.GOOD, what)


def doubtful(area: str, what: str, mend: str) -> Finding:
    return Finding(area, Level.DOUBTFUL, what, mend)


def wrong(area: str, what: str, mend: str) -> Finding:
    return Finding(area, Level.WRONG, what, mend)


def version_of(text: str) -> tuple[int, int]:
    """Returns of ``10.11.6-MariaDB`` the first two numbers; 0.0 of what is no version."""
    parts = text.split("-")[0].split(".")
    numbers = [int(part) for part in parts[:2] if part.isdigit()]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (0, 0)
