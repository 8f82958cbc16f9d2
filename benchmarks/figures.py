"""The benchmark's figures, and how they are shown."""

from collections import Counter
from dataclasses import dataclass, field

from rich.table import Table

from benchmarks.load_generator import Tally

_AIMS = {"ratio": 0.4, "persisted_per_s": 2_000.0, "api_rss_mib": 150.0}


@dataclass(slots=True)
class Rate:
    """Of one endpoint, over all its slices."""

    answers: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    all_answers: int = 0
    latencies_us: list[int] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, tally: Tally, cpu_seconds: float) -> None:
        self.answers += tally.measured
        self.seconds += tally.seconds
        self.cpu_seconds += cpu_seconds
        self.all_answers += sum(tally.outcomes.values())
        self.latencies_us += tally.latencies_us
        self.outcomes.update(tally.outcomes)

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds if self.seconds else 0.0

    @property
    def cpu_us(self) -> float:
        """Processor time of the server process an answer, in microseconds: what noise touches least."""
        return self.cpu_seconds / self.all_answers * 1e6 if self.all_answers else 0.0

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_us)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1000 if ordered else 0.0

    def to_json(self) -> dict[str, object]:
        return {
            "per_s": round(self.per_second, 1),
            "p50_ms": round(self.percentile_ms(0.5), 2),
            "p99_ms": round(self.percentile_ms(0.99), 2),
            "cpu_us": round(self.cpu_us),
            "outcomes": dict(self.outcomes),
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the accepted orders."""

    accepted: int
    lost: int
    persisted: int
    unknown: int
    """Answers that were neither a yes nor a refusal, e.g. TryAgain: their orders may be persisted as well."""

    @property
    def right(self) -> bool:
        return self.lost == 0 and 0 <= self.persisted - self.accepted <= self.unknown


@dataclass(frozen=True, slots=True)
class Figures:
    orders: dict[str, Rate]
    refusals: dict[str, Rate]
    persisted: int
    persist_seconds: float
    rss_mib: dict[str, float]
    kept: Kept

    @property
    def persisted_per_s(self) -> float:
        return self.persisted / self.persist_seconds if self.persist_seconds else 0.0

    def ratio(self, to: str) -> float:
        return _by(self.orders["graphql"].per_second, self.orders[to].per_second)

    def to_json(self) -> dict[str, object]:
        return {
            "orders": {name: rate.to_json() for name, rate in self.orders.items()},
            "refusals": {name: rate.to_json() for name, rate in self.refusals.items()},
            "ratio_to_plain": round(self.ratio("plain"), 3),
            "ratio_to_verb": round(self.ratio("verb"), 3),
            "cpu_ratio_to_plain": round(_by(self.orders["plain"].cpu_us, self.orders["graphql"].cpu_us), 3),
            "cpu_ratio_to_verb": round(_by(self.orders["verb"].cpu_us, self.orders["graphql"].cpu_us), 3),
            "persisted": self.persisted,
            "persisted_per_s": round(self.persisted_per_s, 1),
            "rss_mib": {name: round(mib, 1) for name, mib in self.rss_mib.items()},
            "accepted": self.kept.accepted,
            "accepted_but_not_persisted": self.kept.lost,
            "kept": self.kept.right,
        }


def _by(one: float, other: float) -> float:
    """Returns the ratio; 0 where nothing was answered in time."""
    return one / other if other else 0.0


def rates_table(title: str, rates: dict[str, Rate]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("endpoint", "per s", "p50 ms", "p99 ms", "CPU µs", "ratio", "by CPU"):
        table.add_column(name, justify="left" if name == "endpoint" else "right")
    graphql = rates["graphql"]
    for name, rate in rates.items():
        table.add_row(
            name,
            f"{rate.per_second:,.0f}",
            f"{rate.percentile_ms(0.5):.1f}",
            f"{rate.percentile_ms(0.99):.1f}",
            f"{rate.cpu_us:,.0f}",
            "" if rate is graphql else f"{_by(graphql.per_second, rate.per_second):.2f}",
            "" if rate is graphql else f"{_by(rate.cpu_us, graphql.cpu_us):.2f}",
        )
    return table


def rest_table(figures: Figures) -> Table:
    kept = figures.kept
    table = Table(title="The figures that count", title_justify="left", show_header=False)
    table.add_row("ratio to the bare endpoint (/plain)", f"{figures.ratio('plain'):.2f}", _aim("ratio"))
    table.add_row("ratio to the verb without GraphQL (/verb)", f"{figures.ratio('verb'):.2f}", "")
    table.add_row(
        f"persisted (of {figures.persisted:,})",
        f"{figures.persisted_per_s:,.0f}/s",
        _aim("persisted_per_s"),
    )
    for name, mib in figures.rss_mib.items():
        aim = _aim("api_rss_mib", "at most ") if name == "serve" else ""
        table.add_row(f"memory of {name}", f"{mib:,.0f} MiB", aim)
    state = "all kept" if kept.right else f"[bold red]{kept.lost:,} LOST[/]"
    table.add_row("accepted / persisted", f"{kept.accepted:,} / {kept.persisted:,}", state)
    return table


def _aim(name: str, word: str = "") -> str:
    return f"aim: {word}{_AIMS[name]:,g}"


def ways_table(title: str, rates: dict[str, Rate], measure: str) -> Table:
    """Each way beside the one named ``measure``."""
    table = Table(title=title, title_justify="left")
    for name in ("way", "per s", "p50 ms", "p99 ms", "CPU µs", "ratio", "by CPU"):
        table.add_column(name, justify="left" if name == "way" else "right")
    bare = rates[measure]
    for name, rate in rates.items():
        table.add_row(
            name,
            f"{rate.per_second:,.0f}",
            f"{rate.percentile_ms(0.5):.2f}",
            f"{rate.percentile_ms(0.99):.2f}",
            f"{rate.cpu_us:,.0f}",
            "" if rate is bare else f"{rate.per_second / bare.per_second:.2f}",
            "" if rate is bare or not rate.cpu_us else f"{bare.cpu_us / rate.cpu_us:.2f}",
        )
    return table
