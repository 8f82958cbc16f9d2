"""``rushcart payments``: the books of money."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from cli.shared.explained import printable
from cli.shared.one_shot import run_once

if TYPE_CHECKING:
    from infra.runtime import Infra
    from services.payment.reconcile_payments import MoneyReport


@click.group()
def payments() -> None:
    """Prove that the money adds up."""


@payments.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3650), help="How far to look back.")
@click.option("--fix", is_flag=True, help="Settle what a provider says and we have not heard.")
def reconcile(days: int, fix: bool) -> None:
    """Compare payments with the books, and with what each provider lists.

    Prints each difference: what it is (books, totals, provider, unknown), the payment, and captured, refunded and
    fees in minor units, ours and theirs. Exit code 1 when there is one that was not settled.
    """
    report = run_once(lambda infra: _reconcile(infra, days, fix))
    for found in report.differences:
        click.echo(
            "  ".join((found.what, printable(found.payment), f"ours {found.ours}", f"theirs {found.theirs}"))
        )
    left = sum(not found.fixed for found in report.differences)
    click.echo(
        f"{report.payments} payments in the books, {report.listed} listed by providers, "
        f"{len(report.differences)} differences, {left} of them left."
    )
    raise SystemExit(1 if left else 0)


async def _reconcile(infra: "Infra", days: int, fix: bool) -> "MoneyReport":
    from services.payment.reconcile_payments import reconcile_payments
    from services.shared.signature import ProviderError

    try:
        return await reconcile_payments(infra, datetime.now(UTC) - timedelta(days=days), fix=fix)
    except ProviderError as error:
        raise click.ClickException(f"A provider could not be asked: {error}") from error
