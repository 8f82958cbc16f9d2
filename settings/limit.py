"""A rate limit as settings write it."""

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"(\d+)/(\d+)s", re.ASCII)
_SHARE = 4


@dataclass(frozen=True, slots=True)
class Limit:
    """``count`` in ``seconds``, which may all come at once."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Parse ``30/60s``. Errors: ValueError."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None or not int(match[1]) or not int(match[2]):
            raise ValueError(f"{text!r} is not a limit such as 30/60s")
        return cls(int(match[1]), int(match[2]))

    @property
    def free(self) -> int:
        """What one process lets pass by its own count in one period."""
        return self.count // _SHARE
