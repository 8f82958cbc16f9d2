"""``rushcart serve``: the API."""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from cli.shared.area import AREA

if TYPE_CHECKING:
    import socket

    from infra.discovery.instance import Instance
    from infra.discovery.register import OneOfMany


@click.command()
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="API processes.")
@click.option("--areas", "area", type=AREA, help="Serve this part of the schema and nothing else.")
def serve(workers: int, area: str | None) -> None:
    """Serve GraphQL on RUSHCART_HOST and RUSHCART_PORT.

    With --areas flash it serves the moment of a sale alone: placeFlashOrder, enterFlashSale and flashSaleTicket,
    at /graphql/flash and /graphql. A balancer sends /graphql/flash there: nothing else takes its processor.

    The database must have this server's schema (`rushcart db upgrade`). SIGTERM and SIGINT drain: no more
    connections are taken, open requests are answered (for RUSHCART_DRAIN_TIMEOUT seconds at most).
    """
    from contextlib import nullcontext

    from infra.telemetry.exposition import shared_metrics

    # Before all else is imported, as that makes metrics.
    with shared_metrics() if workers > 1 else nullcontext():
        _serve(workers, area)


def _serve(workers: int, area: str | None) -> None:
    from infra.clock import utc_now
    from infra.discovery.instance import API, Instance
    from infra.discovery.register import OneOfMany
    from server.http_server import PortInUse, bind, url_of
    from server.processes import run_processes
    from server.runtime import fail
    from services.charges.make_installed import require_services
    from services.doctor.desk_only import require_fit
    from services.payment.choose_provider import require_providers
    from settings import get_settings

    # Before there are processes that would each say the same.
    require_fit(get_settings())
    require_providers(get_settings())
    require_services(get_settings())
    try:
        listener = bind(get_settings())
    except PortInUse as error:
        fail(str(error))
    # One address is one instance, however many processes take from it.
    url = get_settings().advertise_url or url_of(listener)
    instance = Instance.of_this_process(area or API, url, utc_now().isoformat())
    one = OneOfMany() if workers > 1 else None
    sys.exit(run_processes(workers, lambda: _run(listener, area, instance, one), listener.close))


def _run(listener: "socket.socket", area: str | None, instance: "Instance", one: "OneOfMany | None") -> None:
    from graphql_api.app import build_app
    from graphql_api.health import is_ready
    from infra import garbage
    from infra.discovery.register import registered
    from infra.migrations import SchemaMismatch
    from infra.runtime import open_infra
    from server.http_server import serve_http, url_of
    from server.runtime import fail, run_until_stopped
    from settings import get_settings

    settings = get_settings()

    async def main(stop: asyncio.Event) -> None:
        from server.background import examined, log, prepare, wait_for_schema

        async with open_infra(settings) as infra:
            await wait_for_schema(infra, stop)
            preparing = asyncio.create_task(prepare(infra, stop, catalog=area is None))
            app = build_app(infra, area=area)
            garbage.settle()
            async with examined(infra), registered(settings, instance, lambda: is_ready(infra), one):
                log.info("serve.started", url=url_of(listener))
                await serve_http(app, listener, stop, settings)
            preparing.cancel()
            log.info("serve.stopped")

    try:
        run_until_stopped(settings, "api", main)
    except SchemaMismatch as error:
        fail(str(error), 3)
