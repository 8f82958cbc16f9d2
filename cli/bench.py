"""``rushcart bench``: how fast the server is, measured on real processes and real stores."""

from pathlib import Path

import click

from cli.bench_flash import flash
from cli.bench_sale import sale
from cli.bench_scale import scale
from cli.bench_sign_in import sign_in
from cli.shared.in_a_clone import in_a_clone

# Spelt out: the benchmarks may not be there.
_FAULTS = ("none", "scheduler-killed", "two-schedulers", "redis-emptied")


@click.group()
def bench() -> None:
    """Measure the server; results are ratios within one run."""


bench.add_command(flash)
bench.add_command(sale)
bench.add_command(scale)
bench.add_command(sign_in)


@bench.command()
@click.option(
    "--rounds", type=click.IntRange(1), default=7, show_default=True, help="Rounds, of which the best counts."
)
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
def auth(rounds: int, file: Path | None) -> None:
    """What it costs to know who is asking: tokens at first sight and remembered, and whole requests beside.

    Runs in this process, on an empty embedded shop in a temporary folder.
    """
    import tempfile

    import orjson
    import uvloop
    from rich.console import Console
    from rich.table import Table

    with in_a_clone("benchmarks"):
        from benchmarks.authentication import AIM_US, Options, measure, prepare

    with tempfile.TemporaryDirectory(prefix="rushcart-bench-") as folder:
        prepare(Path(folder))
        costs = uvloop.run(measure(Path(folder), Options(rounds)))
    table = Table("", "\u00b5s", "aim", title="Authentication", title_justify="left")
    for cost in costs:
        table.add_row(cost.name, f"{cost.us:.1f}", f"at most {AIM_US:.0f}" if cost.aimed else "")
    Console().print(table)
    if file is not None:
        figures = {cost.name: round(cost.us, 2) for cost in costs}
        file.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


@bench.command()
@click.option("--seconds", default=6.0, show_default=True, help="Seconds of each way to ask, for each query.")
@click.option("--connections", default=32, show_default=True, help="Clients at the same time.")
@click.option("--colds", default=30, show_default=True, help="Cold answers of each query.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option(
    "--profile",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder for py-spy's profiles of the API (raw: for a flame graph).",
)
def catalog(seconds: float, connections: int, colds: int, file: Path | None, profile: Path | None) -> None:
    """20 products with price and stock, and one product by slug, over HTTP.

    Starts the stack as `rushcart bench flash` does, `rushcart serve`, and a bare Starlette endpoint that sends the
    same bytes. Asks for each query in turn: bare, from the kept answer, the same by POST, with its ETag (304),
    signed in (warm: made from cached documents), and one at a time after everything was forgotten (cold).
    """
    import orjson
    from rich.console import Console

    with in_a_clone("benchmarks"):
        from benchmarks.catalog import BARE, CatalogOptions, run_catalog_benchmark
        from benchmarks.figures import ways_table
    from benchmarks.processes import ProcessFailed
    from infra.stack import StackError

    console = Console()
    try:
        figures = run_catalog_benchmark(CatalogOptions(seconds, connections, colds, profile), click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    titles = {"listing": "20 products with price and stock", "product": "One product by slug"}
    for name, rates in figures.rates.items():
        console.print(ways_table(titles[name], rates, BARE))
    console.print(f"memory of serve: {figures.rss_mib:,.0f} MiB")
    if file is not None:
        file.write_bytes(orjson.dumps(figures.to_json(), option=orjson.OPT_INDENT_2))


@bench.command()
@click.option("--times", default=100, show_default=True, help="Reads of each page, count and facet.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
def finding(times: int, file: Path | None) -> None:
    """Pages of listings and searches, the first and the thousandth, straight from the database.

    In the database that the settings name: fill it first, with rushcart db upgrade and rushcart seed --products
    100000. Exits with 1 when any page's p99 is above the aim, 50 ms.
    """
    import orjson
    from rich.console import Console

    from cli.shared.one_shot import run_once
    from infra import garbage

    with in_a_clone("benchmarks"):
        from benchmarks.finding import counts_table, measure, measure_counts, timings_table

    garbage.settle()  # as servers do
    timings = run_once(lambda infra: measure(infra, times, click.echo), migrated=True)
    Console().print(timings_table(timings))
    counts = run_once(lambda infra: measure_counts(infra, times))
    Console().print(counts_table(counts))
    if file is not None:
        pages = {one.name: {"first": one.first, "deep": one.deep, "products": one.products} for one in timings}
        figures = {"pages": pages, "counts": {one.name: one.took for one in counts}}
        file.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    if not all(one.is_within_aim for one in timings):
        raise click.exceptions.Exit(1)


@bench.command()
@click.option("--rate", default=1_000, show_default=True, help="Orders due a second.")
@click.option("--seconds", default=10.0, show_default=True, help="For so long.")
@click.option("--workers", default=1, show_default=True, help="Worker processes.")
@click.option("--fault", type=click.Choice(_FAULTS), default="none", show_default=True, help="What goes wrong.")
def expiry(rate: int, seconds: float, workers: int, fault: str) -> None:
    """How late orders that nobody pays are closed, beside the promise of two seconds.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder, or uses those of the settings, which must be
    empty; then `rushcart worker` and `rushcart scheduler`. Exits with 1 when the p99 is above the promise, or an
    order was not closed exactly once.
    """
    with in_a_clone("benchmarks"):
        from benchmarks.expiry import AIM_SECONDS, Options, run_benchmark
    from benchmarks.processes import ProcessFailed
    from infra.stack import StackError

    try:
        found = run_benchmark(Options(rate, seconds, workers=workers, fault=fault), click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{len(found.late):,} orders, seconds late: p50 {found.at(0.5):.2f}, p99 {found.at(0.99):.2f}, "
        f"max {found.late[-1]:.2f}, earliest {found.late[0]:.2f}"
    )
    for problem in found.books:
        click.echo(f"WRONG: {problem}")
    if found.books or found.at(0.99) > AIM_SECONDS:
        raise click.exceptions.Exit(1)


@bench.command()
@click.option("--connections", default=5_000, show_default=True, help="WebSockets, each with one subscription.")
@click.option("--changes", default=10, show_default=True, help="Units that are sold meanwhile.")
def subscriptions(connections: int, changes: int) -> None:
    """Open subscriptions in one API process: its memory, and how soon all readers are told of a change.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder, or uses those of the settings, which must be
    empty; needs as many open files (ulimit -n). Exits with 1 when the process has more than 500 MiB.
    """
    with in_a_clone("benchmarks"):
        from benchmarks.subscriptions import AIM_MIB, Options, run_benchmark
    from benchmarks.processes import ProcessFailed
    from infra.stack import StackError

    try:
        found = run_benchmark(Options(connections, changes), click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    told = found.told_after
    click.echo(
        f"{connections:,} subscriptions opened in {found.opened_in:.1f} s: {found.before_mib:,.0f} MiB before, "
        f"{found.open_mib:,.0f} MiB after\n"
        f"seconds until told: p50 {told[len(told) // 2]:.2f}, last {told[-1]:.2f}"
    )
    if found.open_mib > AIM_MIB:
        raise click.exceptions.Exit(1)


@bench.command()
@click.option("--seconds", default=15.0, show_default=True, help="Seconds of each of the two ways.")
@click.option("--customers", default=16, show_default=True, help="Customers at the same time.")
def checkout(seconds: float, customers: int) -> None:
    """From an empty cart to an accepted order of three lines, over HTTP and by the verbs alone.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder, or uses those of the settings, which must be
    empty; then `rushcart serve` and `rushcart worker`. Four requests an order: three lines, and the checkout.
    """
    from rich.console import Console
    from rich.table import Table

    with in_a_clone("benchmarks"):
        from benchmarks.checkout import Options, at, run_benchmark
    from benchmarks.processes import ProcessFailed
    from infra.stack import StackError

    try:
        found = run_benchmark(Options(seconds, customers), click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    table = Table(title="A cart of three lines to an accepted order", title_justify="left")
    for name in ("way", "orders/s", "checkout p50 ms", "p99 ms", "whole path p50 ms", "p99 ms"):
        table.add_column(name, justify="left" if name == "way" else "right")
    for way, one in (("HTTP and GraphQL", found.http), ("the verbs", found.verbs)):
        times = [at(of, share) * 1000 for of in (one.checkouts, one.paths) for share in (0.5, 0.99)]
        table.add_row(way, f"{one.per_second:,.0f}", *(f"{ms:,.1f}" for ms in times))
    Console().print(table)
    click.echo(f"ratio {found.ratio:.2f}; memory of serve: {found.rss_mib:,.0f} MiB")


@bench.command()
@click.option(
    "--payments",
    type=click.IntRange(1),
    default=300,
    show_default=True,
    help="Orders that are paid in each series.",
)
def payments(payments: int) -> None:
    """How soon a payment provider's webhook is answered: one that pays an order, and one that came before.

    Starts MySQL/MariaDB, Redis and Kafka in a temporary folder, or uses those of the settings, which must be
    empty; then `rushcart serve` and `rushcart worker`.
    """
    from rich.console import Console
    from rich.table import Table

    with in_a_clone("benchmarks"):
        from benchmarks.payments import run_benchmark
    from benchmarks.processes import ProcessFailed
    from infra.stack import StackError

    try:
        found = run_benchmark(payments, click.echo)
    except (StackError, ProcessFailed) as error:
        raise click.ClickException(str(error)) from error
    table = Table(title="Webhooks", title_justify="left")
    for name in ("way", "at once", "p50 ms", "p99 ms"):
        table.add_column(name, justify="left" if name == "way" else "right")
    for one in found:
        table.add_row(one.name, str(one.at_once), f"{one.ms(0.5):,.1f}", f"{one.ms(0.99):,.1f}")
    Console().print(table)
