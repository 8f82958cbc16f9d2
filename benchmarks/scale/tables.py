"""How the figures of the parts are shown."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.table import Table

from benchmarks.scale.model import LINEAR, PARTS, Cost, foretold, hottest, linearity, need

RATES: Final = (10_000, 100_000, 1_000_000)


def costs_table(found: Sequence[Cost]) -> Table:
    """Of each layout; and what was to be expected of the last."""
    table = _of_parts("CPU \u00b5s an order, until it is in the database and told", "orders")
    for cost in found:
        table.add_row(_short(cost), f"{cost.orders:,}", *(_cell(cost.cpu_us[part]) for part in PARTS))
    if len(found) > 1:
        told = foretold(found[:-1])
        table.add_row("foretold", "", *(_cell(told.get(part)) for part in PARTS))
    return table


def ratios_table(found: Sequence[Cost]) -> Table:
    """What an order costs in the first layout by what it costs in each; and round trips of it."""
    table = _of_parts("Linear is 1", "commands", "statements")
    for cost in found:
        ratios = linearity(found[0], cost)
        cells = ["-" if part not in ratios else f"{ratios[part]:.2f}" for part in PARTS]
        table.add_row(_short(cost), f"{cost.commands:.1f}", f"{cost.statements:.2f}", *cells)
    return table


def _of_parts(title: str, *more: str) -> Table:
    table = Table(title=title, title_justify="left", padding=(0, 0, 0, 1))
    table.add_column("layout", no_wrap=True)
    for name in (*more, *PARTS):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _short(cost: Cost) -> str:
    return f"{cost.layout.apis}:{cost.layout.shards}:{cost.layout.workers}"


def _cell(us: float | None) -> str:
    return "-" if us is None else f"{us:,.0f}"


def needs_table(found: Sequence[Cost]) -> Table:
    """Processors by part, with the dearest layout's costs."""
    dearest = max(found, key=lambda cost: cost.total_us)
    table = Table(title="Processors for so many orders a second, 60 % busy", title_justify="left")
    table.add_column("orders a second", justify="right")
    for part in PARTS:
        table.add_column(part, justify="right")
    for rate in RATES:
        needed = need(dearest, rate).processors
        table.add_row(f"{rate:,}", *(f"{needed[part]:,}" if part in needed else "-" for part in PARTS))
    table.caption = f"one item, on one process of Redis: at most {hottest(dearest):,.0f} orders a second"
    return table


def is_linear(found: Sequence[Cost]) -> bool:
    """Returns whether no part costs more than a tenth more, however many there are."""
    return all(ratio >= LINEAR for cost in found[1:] for ratio in linearity(found[0], cost).values())


def to_json(found: Sequence[Cost]) -> object:
    return {
        "layouts": [{**asdict(cost), "linearity": linearity(found[0], cost)} for cost in found],
        "foretold": foretold(found[:-1] or found),
        "needs": [asdict(need(max(found, key=lambda cost: cost.total_us), rate)) for rate in RATES],
    }
