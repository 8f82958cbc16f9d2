"""Counters of this process, kept where an exporter can take a snapshot of them."""

from collections import Counter, defaultdict


class Counters:
    """Counts by area (``product``, ``response``) and by what happened (``hits``, ``fills``)."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, area: str, what: str, times: int = 1) -> None:
        if times:
            self._counts[area][what] += times

    def snapshot(self) -> dict[str, dict[str, int]]:
        """A copy; what never happened is not in it."""
        return {area: dict(counts) for area, counts in self._counts.items()}
