"""``rushcart search``: the index that products are found by."""

import asyncio
from typing import TYPE_CHECKING

import click

from cli.shared.explained import explained
from cli.shared.one_shot import progress_bar

if TYPE_CHECKING:
    from settings import Settings


@click.group()
def search() -> None:
    """The index that products are found by."""


@search.command()
@click.option("--stale", is_flag=True, help="Only what is missing or out of date, as the worker does by itself.")
def reindex(stale: bool) -> None:
    """Write the index anew from the products, beside a running shop.

    A page of products a transaction, so that each is found all the time. It can be stopped and run again.
    """
    from settings import get_settings

    with explained():
        done = fill_index(get_settings(), stale=stale)
    click.echo(f"{done} products indexed")


def fill_index(settings: "Settings", *, stale: bool) -> int:
    """Fill the index with the database alone.

    Returns the products indexed. Errors: SchemaMismatch, StoreUnavailable.
    """
    return asyncio.run(_fill(settings, stale=stale))


async def _fill(settings: "Settings", *, stale: bool) -> int:
    from infra.database import WORKERS_PATIENCE, Database
    from infra.migrations import require_current
    from services.catalog.reindex_all import count_to_index, reindex_all, reindex_stale

    database = Database(settings.database_dsn, pool_size=2, read_timeout=WORKERS_PATIENCE)
    work = reindex_stale if stale else reindex_all
    try:
        await require_current(database)
        total = await count_to_index(database)
        if not total:
            return 0
        with progress_bar(total=total) as progress:
            return await work(database, lambda seen, _indexed: progress(seen, max(total, seen)))
    finally:
        await database.close()
