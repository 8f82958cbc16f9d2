"""Refusals to be written down, gathered in memory: one of a kind a minute, so that nobody floods the log.

Of one action a thousand kinds a minute are kept; how many came after those is kept as a number, so that a flood
shows, and hides nothing that is refused elsewhere.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """``subject`` is an id in hex, or "" where it is not known who asked; ``what`` says what was refused."""

    action: str
    subject: str
    what: str
    ip: str = ""
    device: str = ""


class Refusals:
    """Of this process, since they were last taken. What a crash loses is a second of them, and a minute's numbers
    of more."""

    def __init__(self) -> None:
        self._new: list[Refusal] = []
        self._noted: set[tuple[str, str, str, str]] = set()
        self._kinds: Counter[str] = Counter()
        self._more: Counter[str] = Counter()
        self._minute = 0

    def note(self, refusal: Refusal, now: float) -> bool:
        """Note a refusal; ``now`` in seconds since the epoch. Returns False when it is only counted."""
        if self._minute != (minute := int(now // 60)):
            self._minute = minute
            self._noted.clear()
            self._kinds.clear()
        kind = (refusal.action, refusal.subject, refusal.what, refusal.ip)
        if kind in self._noted:
            return True
        if self._kinds[refusal.action] >= MOST:
            self._more[refusal.action] += 1
            return False
        self._noted.add(kind)
        self._kinds[refusal.action] += 1
        self._new.append(refusal)
        return True

    def take(self) -> list[Refusal]:
        taken, self._new = self._new, []
        return taken

    def take_more(self, now: float | None) -> Counter[str]:
        """Take how many more came, by action, once their minute is over; None: whatever has come."""
        if now is not None and self._minute == int(now // 60):
            return Counter()
        taken, self._more = self._more, Counter()
        return taken

    def put_back(self, refusals: list[Refusal], more: Counter[str]) -> None:
        """Put back what could not be written; of what is too much, the number."""
        self._more += more
        kept: list[Refusal] = []
        held: Counter[str] = Counter()
        for refusal in refusals + self._new:
            held[refusal.action] += 1
            if held[refusal.action] <= MOST:
                kept.append(refusal)
            else:
                self._more[refusal.action] += 1
        self._new = kept
