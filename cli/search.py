"""``rushcart search``: the index that products are found by."""

import click

from cli.one_shot import run_once


@click.group()
def search() -> None:
    """Look after the search index. Every change of a product keeps it; this is for what was changed past it."""


@search.command()
def reindex() -> None:
    """Build the index of all products anew, while the shop runs."""
    from rich.progress import Progress

    from services.search.reindex import reindex as verb

    with Progress(transient=True) as bar:
        task = bar.add_task("products", total=None)
        done = run_once(lambda infra: verb(infra, lambda n, total: bar.update(task, completed=n, total=total)))
    click.echo(f"{done} products indexed")
