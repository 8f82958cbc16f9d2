"""What so many machines do, from what an order costs in each part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

PARTS: Final = ("api", "worker", "redis", "replicas", "kafka", "database")
BUSY: Final = 0.6
"""The share of a processor that is planned with: above it, what comes in bursts waits."""
LINEAR: Final = 0.9
"""What an order costs where there is one of each, by what it costs where there are more: no less than this."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many there are: API processes, shards of Redis, workers."""

    apis: int
    shards: int
    workers: int

    def __str__(self) -> str:
        return f"{self.apis} API, {self.shards} Redis, {self.workers} worker"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of an order: microseconds of CPU by part (None of a store that others started), commands of Redis and
    statements of the database. ``orders`` were placed in ``seconds``."""

    layout: Layout
    orders: int
    seconds: float
    cpu_us: Mapping[str, float | None]
    commands: float
    statements: float

    @property
    def total_us(self) -> float:
        return sum(us or 0.0 for us in self.cpu_us.values())


@dataclass(frozen=True, slots=True)
class Need:
    """What a rate needs: processors of each part, at ``BUSY``."""

    rate: int
    processors: Mapping[str, int]


def need(cost: Cost, rate: int) -> Need:
    """Returns the processors for so many orders a second. API processes, workers and shards use one each."""
    used = {part: us for part, us in cost.cpu_us.items() if us is not None}
    return Need(rate, {part: ceil(rate * us / 1e6 / BUSY) for part, us in used.items()})


def hottest(cost: Cost) -> float:
    """Returns the orders a second of one item: all of them are done by one process of Redis."""
    return 1e6 / (cost.cpu_us["redis"] or 1.0)


def linearity(one: Cost, many: Cost) -> dict[str, float]:
    """Returns by part what an order costs with one of each, by what it costs with many; 1 is linear."""
    found = {}
    for part, us in many.cpu_us.items():
        alone = one.cpu_us[part]
        if alone is not None and us:
            found[part] = alone / us
    return found


def foretold(costs: Sequence[Cost]) -> dict[str, float]:
    """Returns what an order should cost in a layout that was not measured: the mean of those that were."""
    orders = sum(cost.orders for cost in costs)
    return {
        part: sum((cost.cpu_us[part] or 0.0) * cost.orders for cost in costs) / orders
        for part in PARTS
        if all(cost.cpu_us[part] is not None for cost in costs)
    }
