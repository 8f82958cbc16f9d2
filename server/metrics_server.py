"""``/metrics`` and ``/healthz`` of a process that serves nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette

from graphql_api import health, metrics
from infra.cancellation import cancel_and_wait
from server.http_server import PortInUse, bind, serve_http, url_of
from settings import Settings

log = structlog.get_logger(__name__)


def advertised(settings: Settings, url: str) -> str:
    """Returns where others find what is at ``url``: on the host of RUSHCART_ADVERTISE_URL, by its own port."""
    given = urlsplit(settings.advertise_url or url).hostname or ""
    host = f"[{given}]" if ":" in given else given
    return f"http://{host}:{urlsplit(url).port}"


@asynccontextmanager
async def watched(settings: Settings, stop: asyncio.Event) -> AsyncIterator[str | None]:
    """Serve metrics while the block runs, where RUSHCART_METRICS_PORT says; its value is their address.

    A port that is in use is logged: work goes on.
    """
    if settings.metrics_port is None:
        yield None
        return
    own = settings.model_copy(update={"port": settings.metrics_port, "drain_timeout": 1.0})
    try:
        listener = bind(own)
    except PortInUse as error:
        log.error("metrics.not_served", reason=str(error))
        yield None
        return
    url = url_of(listener)
    log.info("metrics.served", url=url)
    app = Starlette(routes=[metrics.route(settings), health.alive_route()])
    serving = asyncio.create_task(serve_http(app, listener, stop, own))
    try:
        yield url
    finally:
        await cancel_and_wait(serving)
