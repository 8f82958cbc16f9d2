"""Run one verb for a command that ends by itself; show how far it is."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from cli.shared.explained import explained

if TYPE_CHECKING:
    from infra.runtime import Infra

T = TypeVar("T")
_LINE_EVERY: Final = 10.0


def run_once(work: "Callable[[Infra], Awaitable[T]]", *, migrated: bool = False) -> T:
    """Run a verb with the stores open, also the Valkey: its cache must hear of what is changed.

    ``migrated``: only on the schema of this version. Errors: ClickException, for whatever can be foreseen.
    """
    from infra.migrations import require_current

    async def main() -> T:
        async with _open() as infra:
            if migrated:
                await require_current(infra.database)
            return await work(infra)

    with explained():
        return asyncio.run(main())


@asynccontextmanager
async def _open() -> "AsyncIterator[Infra]":
    """The plumbing for a command that ends by itself; works beside a running server, and without one."""
    from infra.embedded import any_valkey
    from infra.logging import configure_logging
    from infra.runtime import open_infra
    from settings import get_settings

    settings = get_settings()
    configure_logging(settings.model_copy(update={"log_level": "warning"}))
    with any_valkey(settings) as found:
        async with open_infra(found) as infra:
            yield infra


@contextmanager
def progress_bar(what: str = "products", total: int | None = None) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, or where that is no terminal a line every ten seconds; told of what is done,
    and of how much."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    layout = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console, told_at = Console(stderr=True), time.monotonic()
    with Progress(*layout, console=console) as bar:
        task = bar.add_task(what, total=total)

        def tell(done: int, of: int) -> None:
            nonlocal told_at
            bar.update(task, completed=done, total=of)
            if not console.is_terminal and (now := time.monotonic()) - told_at >= _LINE_EVERY:
                told_at = now
                console.print(f"{what}: {done} of {of}", highlight=False)

        yield tell
