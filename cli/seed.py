"""``rushcart seed``: products to try things on."""

import click

from cli.one_shot import run_once


@click.command()
@click.option("--products", default=1_000, show_default=True, type=click.IntRange(1, 10_000_000), help="How many.")
def seed(products: int) -> None:
    """Fill a database with made-up products, until it has so many of them.

    The database must be there (rushcart db upgrade). Cut off, it goes on where it ended when it is called again.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from services.demo.many_products import seed_products

    columns = (TextColumn("products"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("products", total=products)
        made = run_once(lambda infra: seed_products(infra, products, lambda n, _: bar.update(task, completed=n)))
    click.echo(f"{made} products made, {products} are there")
