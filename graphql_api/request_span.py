"""What a request's span says: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span."""

from typing import Final

from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.network_attributes import NETWORK_PROTOCOL_VERSION
from opentelemetry.semconv.attributes.url_attributes import URL_PATH, URL_SCHEME
from opentelemetry.trace import Span, StatusCode
from opentelemetry.util.types import AttributeValue
from starlette.routing import Route
from starlette.types import Scope

_METHODS: Final = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
_FAULT: Final = 500


def request_attributes(scope: Scope) -> dict[str, AttributeValue]:
    return {
        HTTP_REQUEST_METHOD: scope["method"] if scope["method"] in _METHODS else "_OTHER",
        NETWORK_PROTOCOL_VERSION: scope["http_version"],
        URL_SCHEME: scope["scheme"],
        URL_PATH: scope["path"],
    }


def span_name(scope: Scope, route: str | None = None) -> str:
    method = scope["method"] if scope["method"] in _METHODS else "HTTP"
    return method if route is None else f"{method} {route}"


def describe_answer(span: Span, scope: Scope, status: int) -> None:
    """Say which route it was, which is known by now; ``status`` 0: there was no answer."""
    route = _route(scope)
    if route is not None:
        span.update_name(span_name(scope, route))
        span.set_attribute(HTTP_ROUTE, route)
    if status:
        span.set_attribute(HTTP_RESPONSE_STATUS_CODE, status)
    if status >= _FAULT:
        span.set_status(StatusCode.ERROR)
        span.set_attribute(ERROR_TYPE, str(status))


def _route(scope: Scope) -> str | None:
    """Returns the route's path with names for what varies; None when there is none for the request's path."""
    found = scope.get("route")
    return str(scope.get("root_path", "")) + found.path if isinstance(found, Route) else None
