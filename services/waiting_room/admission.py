"""How many are let in by when. Pure."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Admission:
    """``base_count`` positions are let in at ``base_at``, and ``rate`` more each second after that."""

    rate: int
    base_count: int
    base_at: datetime

    def admitted(self, now: datetime) -> int:
        """Returns the last position that is let in: from 1 to this one; none of a line that has not begun to
        move."""
        passed = (now - self.base_at).total_seconds()
        return 0 if passed < 0 else self.base_count + math.floor(passed * self.rate)

    def wait(self, position: int, now: datetime) -> timedelta:
        """Returns the time until this position is let in; 0 when it is."""
        if position <= self.admitted(now):
            return timedelta(0)
        due = self.base_at + timedelta(seconds=max(0, position - self.base_count) / self.rate)
        return max(due - now, timedelta(milliseconds=1))

    def at_rate(self, rate: int, now: datetime) -> "Admission":
        """Returns the admission with another rate from now on: who is let in stays so."""
        if now < self.base_at:
            return replace(self, rate=rate)
        return Admission(rate, self.admitted(now), now)

    def entered(self, count: int, now: datetime) -> "Admission":
        """Returns the admission with ``count`` positions given: what nobody waited for is not saved up, but for a
        second's worth.

        Without this a crowd that comes after an hour of quiet would be let in all at once.
        """
        if self.admitted(now) <= count + self.rate:
            return self
        return Admission(self.rate, count + self.rate, now)
