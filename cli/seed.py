"""``rushcart seed``: products to try things on."""

import click

from cli.shared.one_shot import progress_bar, run_once


@click.command()
@click.option("--products", default=1_000, show_default=True, type=click.IntRange(1, 10_000_000), help="How many.")
def seed(products: int) -> None:
    """Fill a database with made-up products, until it has so many of them.

    The database must be there (rushcart db upgrade). Cut off, it goes on where it ended when it is called again.
    """
    from services.demo.seed_products import seed_products

    with progress_bar(total=products) as progress:
        made = run_once(lambda infra: seed_products(infra, products, progress), migrated=True)
    click.echo(f"{made} products made, {products} are there")
