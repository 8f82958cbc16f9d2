"""``rushcart cache``: warm the catalog's cache, or forget all of it."""

import click

from cli.shared.one_shot import progress_bar, run_once


@click.group()
def cache() -> None:
    """The catalog's cache."""


@cache.command()
@click.option("--anew", is_flag=True, help="From the start, also when it was done lately.")
def warm(anew: bool) -> None:
    """Put every published product into Redis.

    `rushcart serve` does it at its start. It goes on where the last one stopped, in pages of RUSHCART_WARM_PAGE;
    one process is at it at a time.
    """
    from services.catalog.warm_catalog import warm_catalog

    with progress_bar() as progress:
        warmed = run_once(lambda infra: warm_catalog(infra, anew=anew, progress=progress), migrated=True)
    if warmed is None:
        click.echo("Nothing to do: it was done lately, or another process is at it.")
    else:
        before = f" after {warmed.resumed:,} that were before" if warmed.resumed else ""
        click.echo(f"{warmed.products:,} products warmed{before}.")


@cache.command()
def clear() -> None:
    """Forget everything that is cached, in Redis and in the memory of every process."""
    run_once(lambda infra: infra.changes.forget_everything())
    click.echo("Everything that was cached is forgotten.")
