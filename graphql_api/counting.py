"""Count what is asked and what is answered."""

from collections.abc import Sequence
from typing import Final

from graphql import GraphQLError
from prometheus_client import Counter, Histogram
from starlette.types import Scope

from infra.telemetry import tracing
from infra.telemetry.metrics import HTTP_RESPONSES, REQUEST_SECONDS, REQUESTS

_OK: Final = "ok"
# Children are kept: to look one up by its labels takes a lock and longer than to count.
_requests: dict[tuple[str, str], Counter] = {}
_seconds: dict[str, Histogram] = {}
_responses: dict[tuple[str, int], Counter] = {}
_ROUTES: Final = (
    *("/graphql", "/healthz", "/readyz", "/metrics", "/instances", "/.well-known/"),
    *("/auth/", "/auth", "/media/", "/webhooks/", "/sandbox/", "/stripe/"),
)


def count_operation(root: str, errors: Sequence[GraphQLError] | None, seconds: float) -> None:
    """Count an operation and the ``seconds`` of its execution."""
    outcome = str((errors[0].extensions or {}).get("code", "INTERNAL")) if errors else _OK
    counter = _requests.get((root, outcome))
    if counter is None:
        counter = _requests[root, outcome] = REQUESTS.labels(root, outcome)
        _seconds.setdefault(root, REQUEST_SECONDS.labels(root))
    counter.inc()
    trace_id = tracing.trace_id() if tracing.is_on() else None
    _seconds[root].observe(seconds, None if trace_id is None else {"trace_id": trace_id})


def count_response(scope: Scope, status: int) -> None:
    """Count a response; ``status`` 0: there was no answer."""
    counter = _responses.get((scope["path"], status))
    if counter is None:
        route = route_of(scope)
        counter = HTTP_RESPONSES.labels(route, str(status))
        if scope["path"] in _ROUTES:  # of others there are any number
            _responses[scope["path"], status] = counter
    counter.inc()


def route_of(scope: Scope) -> str:
    """Returns the beginning of the request's path, if it is one of ours."""
    path: str = scope["path"]
    return next((known for known in _ROUTES if path.startswith(known)), "other").strip("/")
