"""What came of it, to look at."""

from collections.abc import Iterator
from statistics import median

from rich.table import Table

from chaos.run import Outcome
from chaos.shoppers import ORDER


def faults_table(outcome: Outcome) -> Table:
    table = Table(title="Faults", title_justify="left")
    table.add_column("what")
    for heading in ("times", "seconds without an order", "at worst"):
        table.add_column(heading, justify="right")
    for row in _rows(outcome):
        table.add_row(*row)
    table.add_row("connections dropped by them", f"{outcome.dropped:,}")
    return table


def _rows(outcome: Outcome) -> Iterator[tuple[str, str, str, str]]:
    """Yields each fault, how often it was, and how long no order was accepted: mostly, and at worst."""
    gaps = outcome.gaps
    for name, times in sorted(outcome.faults.items()):
        yield name, f"{times:,}", f"{median(gaps[name]):.1f}", f"{max(gaps[name]):.1f}"


def faults_in_markdown(outcome: Outcome) -> str:
    """Returns the table of the faults for a document."""
    heading = ("fault", "times", "seconds without an order, median", "at worst")
    lines = [heading, ("---", "--:", "--:", "--:"), *_rows(outcome)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def answers_table(outcome: Outcome) -> Table:
    table = Table(title="Answers", title_justify="left")
    table.add_column("answer")
    table.add_column("times", justify="right")
    for name, times in outcome.tally.outcomes.most_common():
        table.add_row("accepted or cancelled" if name == ORDER else name, f"{times:,}")
    table.add_row("requests", f"{outcome.tally.requests:,}", style="bold")
    table.add_row("slowest answer", f"{outcome.tally.slowest:.2f} s")
    return table


def verdict_table(outcome: Outcome) -> Table:
    found = outcome.verdict
    table = Table(title="In the end", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("count", justify="right")
    table.add_row("orders accepted", f"{found.accepted:,}")
    table.add_row("orders there are", f"{found.orders:,}")
    table.add_row("of them cancelled, expired", f"{found.cancelled:,}, {found.expired:,}")
    table.add_row("of several items, armed", f"{found.several:,}, {found.armed:,}")
    table.add_row("units sold + left = all", f"{found.sold:,} + {found.left:,} = {found.units:,}")
    table.add_row("of them paid", f"{found.paid:,}")
    table.add_row("payments taken, given back", f"{found.money.taken:,}, {found.money.given_back:,}")
    for name, problems in (
        ("lost", found.lost),
        ("doubled", found.doubled),
        ("books that are off", found.books),
        ("money that is not where it belongs", found.money.wrong),
    ):
        table.add_row(name, f"{len(problems):,}", style="bold red" if problems else "bold green")
    strange = outcome.tally.strange
    table.add_row("answers that nobody should get", f"{len(strange):,}", style="bold red" if strange else "")
    table.add_row("errors in the logs", f"{outcome.errors.total():,}")
    return table
