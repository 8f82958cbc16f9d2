"""``rushcart bench sale``: a whole sale, from sign-in to PAID, beside another build."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.shared.in_a_clone import in_a_clone

if TYPE_CHECKING:
    from benchmarks.sale.job import By, Pay
    from benchmarks.sale.run import Sku


@click.command()
@click.option("--seconds", default=18.0, show_default=True, help="Seconds of shopping at each build.")
@click.option(
    "--shoppers", type=click.IntRange(1), default=32, show_default=True, help="Shoppers at the same time."
)
@click.option(
    "--by", type=click.Choice(["flash", "cart"]), default="flash", show_default=True, help="How they buy."
)
@click.option(
    "--sku", type=click.Choice(["one", "many"]), default="one", show_default=True, help="One hot SKU, or sixty."
)
@click.option(
    "--pay",
    type=click.Choice(["page", "webhook"]),
    default="page",
    show_default=True,
    help="Approve on the sandbox's page, or post the provider's webhook at once.",
)
@click.option(
    "--against",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Another checkout, whose servers are loaded in turn, for ratios.",
)
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
def sale(
    seconds: float, shoppers: int, by: "By", sku: "Sku", pay: "Pay", against: Path | None, file: Path | None
) -> None:
    """A sale over HTTP, from sign-in to PAID: each step's rate, and what an order costs each process.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder, or uses those of the settings, which must be
    empty; then `rushcart serve`, `worker` and `scheduler`. Shoppers buy, pay, look until the order reads PAID, and
    begin again; who is told to try again waits as long as is said. A cart has three lines. With --against the two
    builds take turns, slice by slice. More --shoppers than can be served show what happens then. Exits with 1 when
    nothing was paid.
    """
    import orjson
    from rich.console import Console

    with in_a_clone("benchmarks"):
        from benchmarks.sale.run import Options, run_benchmark
    from benchmarks.processes import ProcessFailed
    from benchmarks.sale.tables import costs_table, mishaps, nothing_paid, steps_table, to_json
    from infra.stack import StackError

    options = Options(seconds, shoppers, by, sku, pay, None if against is None else against.resolve())
    try:
        found = run_benchmark(options, click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    console = Console()
    console.print(steps_table(found))
    console.print(costs_table(found))
    for line in mishaps(found):
        click.echo(line)
    for one in found:
        click.echo(f"{one.name}: {one.paid:,} PAID; memory of serve: {one.memory_mib:,.0f} MiB")
    if file is not None:
        file.write_bytes(orjson.dumps(to_json(found), option=orjson.OPT_INDENT_2))
    if nothing_paid(found):
        raise click.exceptions.Exit(1)
