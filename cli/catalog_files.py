"""What the import and the export of products have in common: the stores, and a bar on the terminal."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.runtime import Infra


@asynccontextmanager
async def migrated_infra() -> "AsyncIterator[Infra]":
    """Also the Valkey: its cache outlives a restart, and must hear of what is changed. Errors: SchemaMismatch."""
    from cli.runtime import open_cli_infra
    from infra.migrations import require_current

    async with open_cli_infra() as infra:
        await require_current(infra.database)
        yield infra


@contextmanager
def progress_bar(total: int | None = None) -> Iterator[Callable[[int, int], None]]:
    """On standard error; told of what is done, and of how much."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    layout = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*layout, console=Console(stderr=True)) as bar:
        task = bar.add_task("products", total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
