"""``/instances``: the processes that are registered in etcd, as Prometheus' HTTP service discovery reads them.

For who may see the metrics. While etcd is away it is 503, and Prometheus goes on with the list that it has.
"""

import asyncio
from time import monotonic
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.metrics import may_see
from infra.discovery.etcd import EtcdUnavailable
from infra.discovery.lists import for_prometheus
from infra.discovery.register import list_instances
from settings import Settings

log = structlog.get_logger(__name__)

PATH: Final = "/instances"
_PATIENCE: Final = 0.8
_KEPT: Final = 1.0
_NO_STORE: Final = {"cache-control": "no-store"}


def routes(settings: Settings) -> list[Route]:
    """Make the route; none where no etcd is set."""
    if not settings.etcd_endpoints:
        return []
    looking = _Looking(settings)

    async def instances(request: Request) -> Response:
        if not may_see(request, settings):
            return Response(status_code=401, headers={"www-authenticate": "Bearer", **_NO_STORE})
        found = await looking.list()
        if found is None:
            return Response(status_code=503, headers={"retry-after": "1", **_NO_STORE})
        return Response(found, headers=_NO_STORE, media_type="application/json")

    return [Route(PATH, instances)]


class _Looking:
    """However many ask, etcd is asked once a second."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._looking: asyncio.Task[bytes | None] | None = None
        self._began = 0.0

    async def list(self) -> bytes | None:
        """Returns the list; None while etcd is away."""
        if self._looking is None or (self._looking.done() and monotonic() - self._began > _KEPT):
            self._began = monotonic()
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> bytes | None:
        """Of several endpoints each has its part of the time."""
        settings = self._settings
        try:
            async with asyncio.timeout(_PATIENCE):
                return for_prometheus(await list_instances(settings, _PATIENCE / len(settings.etcd_endpoints)))
        except (EtcdUnavailable, TimeoutError) as error:
            log.warning("discovery.not_listed", reason=str(error) or "no answer in time")
            return None
