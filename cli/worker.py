"""``rushcart worker`` and ``rushcart scheduler``: what runs behind the API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from infra.runtime import Infra


@click.command()
@click.option("--loops", is_flag=True, help="Say what it does all the time, and how often; do none of it.")
def worker(loops: bool) -> None:
    """Persist orders from the event log, publish the outbox, run jobs, expire unpaid orders.

    Run as many as you like: they share the work. SIGTERM and SIGINT finish and commit what is at hand.
    """
    if loops:
        _show_loops()
        return
    from tasks.worker import run_worker

    _run("worker", run_worker)


@click.command()
def scheduler() -> None:
    """Send delayed jobs when they are due, so that unpaid orders are cancelled on the second.

    One is enough, two do no harm; without any, the workers' sweep does the same a little later.
    """
    from tasks.worker import run_scheduler

    _run("scheduler", run_scheduler)


def _show_loops() -> None:
    from tasks.worker_loops import table

    rows = [("loop", "again after", "run by", "what it does"), *table()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _run(name: str, work: "Callable[[Infra, asyncio.Event], Awaitable[None]]") -> None:
    from graphql_api.health import is_ready
    from infra import garbage
    from infra.discovery.instance import Instance
    from infra.discovery.register import registered
    from infra.migrations import SchemaMismatch
    from infra.runtime import open_infra
    from server.background import examined, log, wait_for_schema
    from server.metrics_server import advertised, watched
    from server.runtime import fail, run_until_stopped
    from services.charges.make_installed import require_services
    from services.doctor.desk_only import require_fit
    from services.payment.choose_provider import require_providers
    from settings import get_settings

    settings = get_settings()
    require_fit(settings)
    require_providers(settings)
    require_services(settings)

    async def main(stop: asyncio.Event) -> None:
        async with open_infra(settings) as infra:
            await wait_for_schema(infra, stop)
            garbage.settle()
            async with watched(settings, stop) as url, examined(infra):
                shown = advertised(settings, url) if url else ""
                instance = Instance.of_this_process(name, shown, infra.now().isoformat())
                async with registered(settings, instance, lambda: is_ready(infra)):
                    log.info(f"{name}.started")
                    await work(infra, stop)
            log.info(f"{name}.stopped")

    try:
        run_until_stopped(settings, name, main)
    except SchemaMismatch as error:
        fail(str(error), 3)
