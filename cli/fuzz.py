"""``rushcart fuzz``: operations made up from the schema, and no answer that nobody expected."""

import asyncio
import gc
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.shared.explained import explained
from cli.shared.in_a_clone import in_a_clone
from cli.shared.one_shot import progress_bar

if TYPE_CHECKING:
    from fuzz.run import Outcome, Progress
    from settings import Settings


@click.command()
@click.option(
    "--operations", type=click.IntRange(1), default=100_000, show_default=True, help="How many; 10,000 are a test."
)
@click.option("--seed", default=1, show_default=True, help="Which ones.")
@click.option("--stack", is_flag=True, help="On MySQL/MariaDB, Redis and Kafka, started in a temporary folder.")
@click.option("--against", metavar="URL", help="A server that runs on the stores and keys that the settings name.")
def fuzz(operations: int, seed: int, stack: bool, against: str | None) -> None:
    """Ask all there is in the schema, with whatever fits it, and look for answers that are our fault.

    As nobody, a machine, a customer, staff and an administrator, on a shop of its own (SQLite and an embedded
    Valkey) with the demo's products and sales: all kinds of arguments, ids that are others' or of other types,
    ends of time, numbers and lists. --against changes what is in that shop: take one that nobody needs. Exits
    with 1 on an INTERNAL, a status of 500 or more, or no answer; what took over a second is only told.
    """
    from rich.console import Console

    with in_a_clone("fuzz"):
        from fuzz.tables import kinds, outcome_table, results_table, told

    with (
        explained(),
        _settings(stack=stack, running=against is not None) as settings,
        _garbage_by_hand() as collect,
        progress_bar("operations", operations) as bar,
    ):

        def progress(done: int) -> None:
            collect()
            bar(done, operations)

        outcome = asyncio.run(_run(settings, against, seed, operations, progress))
    console = Console()
    for table in (results_table, outcome_table):
        console.print(table(outcome))
    for took, text in sorted(outcome.slow, reverse=True)[:10]:
        click.echo(f"{took:.1f} s: {text[:300]}")
    for fault in kinds(outcome.faults):
        click.echo(f"\n{told(fault)}")
    if outcome.faults:
        raise click.exceptions.Exit(1)


@contextmanager
def _garbage_by_hand() -> Iterator[Callable[[], object]]:
    """Have no complaints of coroutines: graphql-core cancels the siblings of a field that fails before they begin.

    Where Python finds them by itself, in code without builtins at times, the complaint is one of its own.
    """
    gc.disable()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        yield gc.collect
        gc.collect()
    gc.enable()


@contextmanager
def _settings(*, stack: bool, running: bool) -> "Iterator[Settings]":
    """Of the shop that it happens in: migrated, with a Redis that answers."""
    from infra.embedded import any_valkey
    from infra.logging import configure_logging
    from infra.migrations import upgrade
    from settings import Settings, get_settings

    own = {"rate_limits": {"accountCost": "off"}, "store_timeout": 30.0, "log_level": "error"}
    if running:
        with any_valkey(get_settings()) as found:
            yield found
    elif stack:
        with in_a_clone("benchmarks"):
            from benchmarks.stores import stores
        with stores(click.echo) as empty:
            configure_logging(empty.model_copy(update=own))
            yield empty.model_copy(update=own)
    else:
        with tempfile.TemporaryDirectory(prefix="rushcart-fuzz-") as folder:
            nowhere = {"database_url": None, "redis_url": None, "kafka_bootstrap_servers": None}
            made = Settings(home=Path(folder)).model_copy(update={**own, **nowhere})
            configure_logging(made)
            upgrade(made)
            with any_valkey(made) as found:
                yield found


async def _run(
    settings: "Settings", against: str | None, seed: int, operations: int, progress: "Progress"
) -> "Outcome":
    from graphql import build_schema

    from cli.schema import exported
    from fuzz.run import run_fuzz
    from fuzz.shop import fill, in_process, over_http
    from infra.runtime import open_infra

    schema = build_schema(exported())
    async with open_infra(settings) as infra:
        if against is None:
            await fill(infra)
        async with in_process(infra) if against is None else over_http(against) as send:
            return await run_fuzz(infra, send, schema, seed=seed, operations=operations, progress=progress)
