"""How the figures of the parts are shown."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.table import Table

from benchmarks.scale.model import LINEAR, PARTS, Cost, foretold, hottest, linearity, need

RATES: Final = (10_000, 100_000, 1_000_000)


def costs_table(found: Sequence[Cost]) -> Table:
    """In brackets: what it costs in the first layout by what it costs in this one."""
    table = Table(title="CPU \u00b5s an order, from the request to its row", title_justify="left")
    table.add_column("layout", no_wrap=True)
    for name in ("orders", *PARTS, "Redis commands", "statements"):
        table.add_column(name, justify="right")
    for cost in found:
        by_part = linearity(found[0], cost)
        cells = [_cell(cost.cpu_us[part], by_part.get(part)) for part in PARTS]
        table.add_row(
            str(cost.layout), f"{cost.orders:,}", *cells, f"{cost.commands:.1f}", f"{cost.statements:.2f}"
        )
    if len(found) > 1:
        told = foretold(found[:-1])
        cells = [_cell(told.get(part), None) for part in PARTS]
        table.add_row("the last, foretold", "", *cells, "", "")
    return table


def _cell(us: float | None, ratio: float | None) -> str:
    if us is None:
        return "-"
    return f"{us:,.0f}" if ratio is None else f"{us:,.0f} ({ratio:.2f})"


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
