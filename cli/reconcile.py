"""``rushcart reconcile``: prove that the stock adds up, or repair it."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from cli.shared.explained import printable
from cli.shared.one_shot import progress_bar, run_once

if TYPE_CHECKING:
    from services.reconcile.report import Difference, Report, Value

_WIDTH_OF_A_FILE: Final = 240
_MOST_SHOWN: Final = 500


@click.command()
@click.option("--fix", is_flag=True, help="Repair what differs, then check it again.")
@click.option("--sku", help="Check this SKU only.")
def reconcile(fix: bool, sku: str | None) -> None:
    """Prove that the stock of every SKU adds up, in each warehouse.

    In the database: on hand = available + set aside + held + committed, each as the orders, the sales and the
    stock ledger have it. In Redis: what is left, who holds and who bought, of every sale's item. It may run
    beside a sale; orders on their way are no difference.

    With --fix, levels are computed again from orders, sales and what is on hand, each change with its row in the
    ledger, and Redis is loaded again. What cannot be known from these is left to a person, and named.

    Exit codes: 0 all is equal (now), 1 something differs or could not be checked, 2 wrong usage.
    """
    from services.reconcile.reconcile import reconcile as verb

    with progress_bar("SKUs") as progress:
        report = run_once(lambda infra: verb(infra, fix=fix, sku=sku, progress=progress), migrated=True)
    _show(report)
    sys.exit(0 if report.clean else 1)


def _show(report: "Report") -> None:
    if report.differences:
        _show_table(report.differences)
    if report.on_their_way or report.parked:
        click.echo(
            f"{report.on_their_way} orders are not in the database yet, "
            f"{report.parked} of them because their message is a dead letter (rushcart dlq list)."
        )
    click.echo(f"{report.skus} SKUs checked, {len(report.differences)} differences, {report.repaired} repaired")


def _show_table(differences: Sequence["Difference"]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("in", "SKU", "warehouse", "item", "what", "expected", "found", "outcome")
    for d in differences[:_MOST_SHOWN]:
        outcome = f"{d.outcome}: {d.note}" if d.note else str(d.outcome)
        where = (d.scope, d.sku, d.warehouse, str(d.item_id or ""))
        cells = (*where, d.what, _value(d.expected), _value(d.found), outcome)
        # Text, for a SKU must not be taken for rich's markup.
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_A_FILE)
    console.print(table)
    if len(differences) > _MOST_SHOWN:
        console.print(f"and {len(differences) - _MOST_SHOWN} more")


def _value(value: "Value") -> str:
    return "nothing" if value is None else str(value)
