"""``rushcart cache``: warm the catalog's cache, or forget all of it."""

import asyncio
from typing import TYPE_CHECKING

import click

from cli.explained import explained

if TYPE_CHECKING:
    from services.catalog.warm import Warmed


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
    with explained():
        warmed = asyncio.run(_warm(anew))
    if warmed is None:
        click.echo("Nothing to do: it was done lately, or another process is at it.")
    else:
        before = f" after {warmed.resumed:,} that were before" if warmed.resumed else ""
        click.echo(f"{warmed.products:,} products warmed{before}.")


@cache.command()
def clear() -> None:
    """Forget everything that is cached, in Redis and in the memory of every process."""
    with explained():
        asyncio.run(_clear())
    click.echo("Everything that was cached is forgotten.")


async def _warm(anew: bool) -> "Warmed | None":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from cli.runtime import open_cli_infra
    from infra.migrations import require_current
    from services.catalog.warm import warm_catalog

    layout = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with open_cli_infra() as infra:
        await require_current(infra.database)
        with Progress(*layout, console=Console(stderr=True)) as bar:
            task = bar.add_task("products", total=None)
            return await warm_catalog(
                infra, anew=anew, progress=lambda done, total: bar.update(task, completed=done, total=total)
            )


async def _clear() -> None:
    from cli.runtime import open_cli_infra

    async with open_cli_infra() as infra:
        await infra.changes.forget_everything()
