"""How a sale's figures are shown: what each step took, and what an order that was PAID cost each process."""

from collections.abc import Sequence
from typing import Final

from rich.table import Table

from benchmarks.figures import Rate
from benchmarks.sale.build import ALL, OWN, Use
from benchmarks.sale.run import Found

_EVERY: Final = "all of them"


def steps_table(found: Sequence[Found]) -> Table:
    """``ratio``: this build's rate by the other's."""
    table = Table(title="Steps", title_justify="left", padding=(0, 0, 0, 1))
    for name in ("step", "build", "per s", "p50 ms", "p99 ms", "again", "errors", "ratio"):
        table.add_column(name, justify="left" if name in ("step", "build") else "right", no_wrap=True)
    for step in found[0].steps:
        for one in found:
            rate = one.steps.get(step, Rate())
            table.add_row(
                step if one is found[0] else "",
                one.name,
                f"{rate.per_second:,.1f}",
                f"{rate.percentile_ms(0.5):,.1f}",
                f"{rate.percentile_ms(0.99):,.1f}",
                f"{one.again.get(step, 0):,}",
                f"{_errors(rate):,}",
                _ratio(found, step) if one is found[-1] else "",
            )
    return table


def costs_table(found: Sequence[Found]) -> Table:
    """``ratio``: this build's CPU by the other's."""
    table = Table(title="For an order that is PAID", title_justify="left")
    for name in ("process", "build", "CPU ms", "statements", "ratio"):
        table.add_column(name, justify="left" if name in ("process", "build") else "right", no_wrap=True)
    for process in (*ALL, _EVERY, "load generator"):
        for one in found:
            use = _use(one, process)
            table.add_row(
                process if one is found[0] else "",
                one.name,
                _each(use.cpu, one.paid, 1000),
                _each(use.asked, one.paid, 1),
                _cost_ratio(found, process) if one is found[-1] else "",
            )
    return table


def mishaps(found: Sequence[Found]) -> list[str]:
    """Returns a line for each kind of answer that no shopper wants."""
    return [
        f"{one.name}: {step}: {times:,} times {text}"
        for one in found
        for step, rate in one.steps.items()
        for text, times in rate.outcomes.items()
        if text
    ]


def to_json(found: Sequence[Found]) -> dict[str, object]:
    return {
        one.name: {
            "paid": one.paid,
            "memory_mib": round(one.memory_mib, 1),
            "steps": {
                step: rate.to_json() | {"again": one.again.get(step, 0)} for step, rate in one.steps.items()
            },
            "per_paid": {
                process: {"cpu_ms": _per(use.cpu, one.paid, 1000), "asked": _per(use.asked, one.paid, 1)}
                for process in (*ALL, _EVERY, "load generator")
                for use in [_use(one, process)]
            },
        }
        for one in found
    }


def _errors(rate: Rate) -> int:
    return sum(times for text, times in rate.outcomes.items() if text)


def _ratio(found: Sequence[Found], step: str) -> str:
    rates = [one.steps.get(step, Rate()).per_second for one in found]
    return f"{rates[0] / rates[1]:.2f}" if len(rates) > 1 and rates[1] else ""


def _use(one: Found, process: str) -> Use:
    if process == "load generator":
        return Use(one.load_cpu, None)
    if process != _EVERY:
        return one.use[process]
    known = [use.cpu for use in one.use.values() if use.cpu is not None]
    return Use(sum(known), sum(one.use[name].asked or 0 for name in OWN))


def _per(used: float | None, paid: int, factor: float) -> float | None:
    return None if used is None or not paid else round(used * factor / paid, 3)


def _each(used: float | None, paid: int, factor: float) -> str:
    each = _per(used, paid, factor)
    return "-" if each is None else f"{each:,.2f}"


def _cost_ratio(found: Sequence[Found], process: str) -> str:
    each = [_per(_use(one, process).cpu, one.paid, 1) for one in found]
    return f"{each[0] / each[1]:.2f}" if len(each) > 1 and each[0] is not None and each[1] else ""


def nothing_paid(found: Sequence[Found]) -> bool:
    return any(not one.paid for one in found)
