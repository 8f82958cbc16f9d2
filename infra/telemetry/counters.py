"""Counters of this process: for its own use, and for Prometheus."""

from collections import Counter, defaultdict

import prometheus_client

from infra.telemetry.metrics import HAPPENINGS


class Counters:
    """Counts by area (``product``, ``response``) and by what happened (``hits``, ``fills``)."""

    def __init__(self) -> None:
        self._counts = Counter[tuple[str, str]]()
        self._told: dict[tuple[str, str], prometheus_client.Counter] = {}

    def add(self, area: str, what: str, times: int = 1) -> None:
        if times:
            kind = area, what
            told = self._told.get(kind)
            if told is None:
                told = self._told[kind] = HAPPENINGS.labels(area, what)
            self._counts[kind] += times
            told.inc(times)

    def snapshot(self) -> dict[str, dict[str, int]]:
        """Returns a copy; what never happened is not in it."""
        counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for (area, what), times in self._counts.items():
            counts[area][what] = times
        return dict(counts)
