"""``/metrics``: for Prometheus. Whoever may see it sees how the business goes: see docs/operations.md."""

import hmac

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.telemetry.exposition import exposition
from settings import Settings

PATH = "/metrics"


def route(settings: Settings) -> Route:
    """Make the route, also for processes that serve nothing else."""

    async def metrics(request: Request) -> Response:
        if not may_see(request, settings):
            return Response(status_code=401, headers={"www-authenticate": "Bearer", "cache-control": "no-store"})
        text, media_type = exposition(request.headers.get("accept", ""))
        return Response(text, headers={"content-type": media_type, "cache-control": "no-store"})

    return Route(PATH, metrics)


def may_see(request: Request, settings: Settings) -> bool:
    """Returns whether the request has the token for metrics, if one is set."""
    if settings.metrics_token is None:
        return True
    wanted = f"Bearer {settings.metrics_token.get_secret_value()}"
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode())
