"""``rushcart chaos``: break everything while people buy, and see that nothing is lost."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from cli.shared.in_a_clone import in_a_clone

if TYPE_CHECKING:
    from chaos.client import Tally

_PLENTY = 100_000
"""Units of the item that is not sold out, by which the seconds without orders are counted."""


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="For so long something goes wrong.")
@click.option("--shoppers", default=40, show_default=True, help="Customers who buy at the same time.")
@click.option("--units", default=400, show_default=True, help="Units in the sale; what is not paid is sold again.")
@click.option("--seed", default=1, show_default=True, help="Which faults, in which order.")
@click.option("--fault", "faults", multiple=True, help="Only this one; may be given several times. Names: --list.")
@click.option("--each", is_flag=True, help="Every fault once in a round, in their order; rounds are finished.")
@click.option("--nodes", is_flag=True, help="On several of each server: a cluster, three brokers, two databases.")
@click.option("--markdown", is_flag=True, help="Tell the faults as a table for a document.")
@click.option("--list", "listing", is_flag=True, help="Name the faults, and end.")
def chaos(
    seconds: float,
    shoppers: int,
    units: int,
    seed: int,
    faults: tuple[str, ...],
    each: bool,
    nodes: bool,
    markdown: bool,
    listing: bool,
) -> None:
    """Break everything while people buy, and prove that nothing is lost or doubled.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder, two APIs, two workers and a scheduler. Customers
    buy and cancel over HTTP, and ask again until they know, while processes and stores are killed and frozen,
    Redis loses its memory, connections are cut, and stores are full or read-only. Then all comes to rest, and
    what is in the stores is compared with what customers were told. Exits with 1 when anything is lost, doubled,
    oversold or off.

    With --nodes there are several of each: primaries go and are replaced, shards split and slots move, brokers are
    rolled, the database's address leads to another one.
    """
    with in_a_clone("chaos"):
        from chaos.faults import FAULTS, NODE_FAULTS
        from chaos.run import Options, run_chaos
        from chaos.tables import answers_table, faults_in_markdown, faults_table, verdict_table
    from rich.console import Console

    from infra.stack import StackError

    names = [fault.name for fault in (NODE_FAULTS if nodes else FAULTS)]
    if listing:
        click.echo("\n".join(names))
        return
    if unknown := set(faults) - set(names):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    plenty = _PLENTY if nodes else 0
    options = Options(seconds, shoppers, units, seed, faults=faults, plenty=plenty, nodes=nodes, each=each)
    console = Console()
    try:
        with console.status("beginning") as status:

            def progress(passed: float, tally: "Tally", seen: "Counter[str]") -> None:
                status.update(
                    f"{passed:,.0f} of {seconds:,.0f} s, {seen.total():,} faults, {tally.requests:,} answers, "
                    f"{tally.outcomes['Order']:,} good"
                )

            outcome = run_chaos(options, click.echo, progress)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    for table in (faults_table, answers_table, verdict_table):
        console.print(table(outcome))
    if markdown:
        click.echo(faults_in_markdown(outcome))
    found = outcome.verdict
    for problem in (*found.lost, *found.doubled, *found.books, *outcome.tally.strange)[:20]:
        click.echo(problem[:300])
    for logged, times in outcome.errors.most_common(20):
        click.echo(f"{times:,} times {logged}")
    if not outcome.right:
        raise click.exceptions.Exit(1)
