"""``rushcart search``: the index that products are found by."""

import click

from cli.one_shot import progress_bar, run_once


@click.group()
def search() -> None:
    """Look after the search index. Every change of a product keeps it; this is for what was changed past it."""


@search.command()
def reindex() -> None:
    """Build the index of all products anew, while the shop runs."""
    from services.search.reindex import reindex as verb

    with progress_bar() as progress:
        done = run_once(lambda infra: verb(infra, progress), migrated=True)
    click.echo(f"{done} products indexed")
