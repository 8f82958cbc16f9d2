"""What came of it, for people."""

from rich.table import Table

from fuzz.run import SLOW, Fault, Outcome

_MOST_RESULTS = 25


def outcome_table(outcome: Outcome) -> Table:
    table = Table(title="Fuzz", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("operations", f"{outcome.operations:,}")
    table.add_row("documents, the others with other variables", f"{outcome.documents:,}")
    table.add_row("root fields", f"{outcome.root_fields:,}")
    table.add_row("of them with data", f"{outcome.worked.total():,}")
    table.add_row("operations a second", f"{outcome.operations / outcome.seconds:,.0f}" if outcome.seconds else "")
    table.add_row(f"over {SLOW:g} s", f"{len(outcome.slow):,}")
    table.add_row("faults", f"{len(outcome.faults):,}")
    return table


def results_table(outcome: Outcome) -> Table:
    table = Table(title="What root fields came to", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, times in outcome.results.most_common(_MOST_RESULTS):
        table.add_row(name, f"{times:,}")
    return table


def kinds(faults: list[Fault]) -> list[Fault]:
    """Returns one of each kind: what it was, and where."""
    return list({(fault.what, fault.fields): fault for fault in reversed(faults)}.values())[::-1]


def told(fault: Fault) -> str:
    """Returns the fault with what is needed to see it again."""
    asked = f"{fault.operation.text}\nvariables: {fault.operation.variables!r}"
    return f"{fault.what} at {', '.join(fault.fields)}, asked by: {fault.actor}\n{asked}\nanswer: {fault.answer}"
