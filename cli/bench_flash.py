"""``rushcart bench flash``: flash orders beside bare endpoints that do the same work."""

from pathlib import Path

import click

from cli.shared.in_a_clone import in_a_clone


@click.command()
@click.option("--seconds", default=15.0, show_default=True, help="Seconds of orders for each endpoint.")
@click.option("--connections", default=64, show_default=True, help="Buyers at the same time.")
@click.option("--buyers", default=2_000, show_default=True, help="Signed-in customers who take turns.")
@click.option("--backlog", default=20_000, show_default=True, help="Orders in the log, at least, for the worker.")
@click.option(
    "--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Workers that persist them."
)
@click.option(
    "--shards",
    type=click.IntRange(1, 16),
    help="Redis is a cluster of so many primaries, with a replica each.",
)
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option(
    "--profile",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder for py-spy's profiles of the API and the worker (raw: for a flame graph); slows both down.",
)
def flash(
    seconds: float,
    connections: int,
    buyers: int,
    backlog: int,
    workers: int,
    shards: int | None,
    file: Path | None,
    profile: Path | None,
) -> None:
    """Flash orders over HTTP: GraphQL beside bare endpoints, refusals, one worker, memory.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder; those that RUSHCART_DATABASE_URL,
    RUSHCART_REDIS_URL and RUSHCART_KAFKA_BOOTSTRAP_SERVERS name are used instead, and must be empty. Then
    `rushcart serve` and two bare endpoints sell in turn: /plain does the same Redis and event-log work straight
    on the client libraries, /verb calls the same verb without GraphQL. Last, one `rushcart worker`, or several,
    persist all of it, and every accepted order is looked for in the database. Exits with 1 when one is missing.
    """
    import orjson
    from rich.console import Console

    with in_a_clone("benchmarks"):
        from benchmarks.figures import rates_table, rest_table
        from benchmarks.flash_order import Options, run_benchmark
    from benchmarks.processes import ProcessFailed
    from infra.stack import StackError

    console = Console()
    try:
        options = Options(seconds, buyers, connections, backlog, profile, workers, shards)
        figures = run_benchmark(options, click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    console.print(rates_table("Orders accepted", figures.orders))
    console.print(rates_table("Refusals after sold-out", figures.refusals))
    console.print(rest_table(figures))
    if file is not None:
        file.write_bytes(orjson.dumps(figures.to_json(), option=orjson.OPT_INDENT_2))
    if not figures.kept.right:
        raise click.exceptions.Exit(1)
