"""``/healthz``: the process is alive. ``/readyz``: it can serve. Who may see the metrics sees each store there."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.metrics import may_see
from graphql_api.runtime import Runtime
from infra.runtime import Infra
from settings import Settings

log = structlog.get_logger(__name__)

# The answer must be there within a second, whatever a store does.
_PATIENCE = 0.8


def _json(content: object, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(orjson.dumps(content), status, headers=headers, media_type="application/json")


async def _ping_store(name: str, ping: Callable[[], Awaitable[None]]) -> dict[str, object]:
    started = perf_counter()
    try:
        async with asyncio.timeout(_PATIENCE):
            await ping()
        status = "up"
    except Exception as error:
        cause = error.__cause__ or error
        slow = isinstance(cause, TimeoutError | asyncio.CancelledError)
        log.warning("store.down", store=name, reason="no answer in time" if slow else repr(cause)[:200])
        status = "down"
    return {"status": status, "latencyMs": round((perf_counter() - started) * 1000, 1)}


async def check_stores(infra: Infra) -> dict[str, dict[str, object]]:
    """Ask all stores at once; returns each one's state."""
    pings = {
        "database": infra.database.ping,
        "redis": infra.redis.ping,
        "event_log": infra.events.ping,
    }
    states = await asyncio.gather(*(_ping_store(name, ping) for name, ping in pings.items()))
    return dict(zip(pings, states, strict=True))


async def is_ready(infra: Infra) -> bool:
    return all(state["status"] == "up" for state in (await check_stores(infra)).values())


def alive_route() -> Route:
    """Make the route, also for processes that serve nothing else."""

    async def healthz(_request: Request) -> Response:
        return _json({"status": "alive"})

    return Route("/healthz", healthz)


def routes(runtime: Runtime, settings: Settings) -> list[Route]:
    async def readyz(request: Request) -> Response:
        stores = await check_stores(runtime.running.infra)
        ready = all(state["status"] == "up" for state in stores.values())
        content: dict[str, object] = {"status": "ready" if ready else "unready"}
        if may_see(request, settings):
            content["stores"] = stores
        return _json(content, 200 if ready else 503)

    return [alive_route(), Route("/readyz", readyz)]
