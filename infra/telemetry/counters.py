"""Counters of this process: for its own use, and for Prometheus."""

from collections import Counter, defaultdict

import prometheus_client

from infra.telemetry.metrics import HAPPENINGS


class Counters:
    """Counts by area (``product``, ``response``) and by what happened (``hits``, ``fills``)."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._told: dict[tuple[str, str], prometheus_client.Counter] = {}

    def add(self, area: str, what: str, times: int = 1) -> None:
        if times:
            self._counts[area][what] += times
            told = self._told.get((area, what))
            if told is None:
                told = self._told[area, what] = HAPPENINGS.labels(area, what)
            told.inc(times)

    def snapshot(self) -> dict[str, dict[str, int]]:
        """Returns a copy; what never happened is not in it."""
        return {area: dict(counts) for area, counts in self._counts.items()}
