"""Refusals to be written down, gathered in memory: one of a kind a minute, so that nobody floods the log."""

from dataclasses import dataclass

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """``subject`` is an id in hex, or "" where it is not known who asked; ``what`` says what was refused."""

    action: str
    subject: str
    what: str
    ip: str = ""
    device: str = ""


class Refusals:
    """Of this process, since they were last taken. What a crash loses is a second of them."""

    def __init__(self) -> None:
        self._new: list[Refusal] = []
        self._noted: set[tuple[str, str, str, str]] = set()
        self._minute = 0

    def note(self, refusal: Refusal, now: float) -> None:
        """Note a refusal; ``now`` in seconds since the epoch."""
        if self._minute != (minute := int(now // 60)):
            self._minute = minute
            self._noted.clear()
        kind = (refusal.action, refusal.subject, refusal.what, refusal.ip)
        if kind not in self._noted and len(self._noted) < _MOST:
            self._noted.add(kind)
            self._new.append(refusal)

    def take(self) -> list[Refusal]:
        taken, self._new = self._new, []
        return taken

    def put_back(self, refusals: list[Refusal]) -> None:
        """Put back what could not be written."""
        self._new = (refusals + self._new)[:_MOST]
