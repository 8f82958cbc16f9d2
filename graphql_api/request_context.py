"""What all requests and answers have: ids and W3C trace context, taken over or made, bound to the log, sent back;
security headers; one log line, one count."""

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from random import getrandbits
from time import perf_counter

import orjson
import structlog
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphql_api.counting import count_response
from graphql_api.errors import internal
from graphql_api.request_headers import headers_of
from graphql_api.request_span import describe_answer, request_attributes, span_name
from graphql_api.security_headers import add_security_headers
from infra.logging import is_debugging, of_request
from infra.store_time import begin_patience, end_patience
from infra.telemetry import tracing
from settings import Settings

log = structlog.get_logger("rushcart.access")

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
_REQUEST_ID = re.compile(rb"[\w.:-]{8,64}", re.ASCII)
_SLOW_MS = 1000.0


@dataclass(slots=True)
class RequestIds:
    """``traceparent`` names this server's own part of the trace."""

    request_id: str
    trace_id: str
    traceparent: str


def request_ids(scope: Scope) -> RequestIds:
    """Returns the ids that the middleware gave this request."""
    ids: RequestIds = scope["rushcart.ids"]
    return ids


def make_ids(headers: dict[bytes, bytes]) -> RequestIds:
    """Take over what the client gives, and make the rest."""
    made = f"{getrandbits(192):048x}"  # no secret: to ask the kernel for each takes several times as long
    trace, span, flags = made[:32], made[32:], "01"
    if (given := headers.get(b"traceparent")) and (match := _TRACEPARENT.fullmatch(given)):
        trace, flags = match[1].decode(), match[2].decode()
    own = headers.get(b"x-request-id", b"")
    request_id = own.decode() if own and _REQUEST_ID.fullmatch(own) else trace
    return RequestIds(request_id, trace, f"00-{trace}-{span}-{flags}")


class RequestContext:
    """Pure ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope["rushcart.ids"] = make_ids(headers_of(scope))
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if tracing.is_on():
            await self._traced(scope, receive, send)
        else:
            await self._answer(scope, receive, send, make_ids(headers_of(scope)))

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Within a span of the server's, whose ids the request has then."""
        ids = make_ids(headers_of(scope))
        attributes, name = request_attributes(scope), span_name(scope)
        with tracing.span(name, SpanKind.SERVER, parent=_parent(scope), attributes=attributes) as current:
            context = current.get_span_context()
            trace, flags = format_trace_id(context.trace_id), int(context.trace_flags)
            parent = f"00-{trace}-{format_span_id(context.span_id)}-{flags:02x}"
            request_id = ids.request_id if ids.request_id != ids.trace_id else trace
            status = await self._answer(scope, receive, send, RequestIds(request_id, trace, parent))
            describe_answer(current, scope, status)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, ids: RequestIds) -> int:
        """Returns the status; 0 when there was no answer."""
        scope["rushcart.ids"] = ids
        started = perf_counter()
        status = 0

        def send_with_id(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                add_security_headers(headers, scope, self._settings)
                headers.append((b"x-request-id", ids.request_id.encode()))
            return send(message)

        patience = begin_patience()
        bound = of_request.set({"request_id": ids.request_id, "trace_id": ids.trace_id})
        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception("request.unexpected_error", path=scope["path"])
            if status:
                raise
            await _send_internal_error(send_with_id, ids)
        finally:
            count_response(scope, status)
            _log_access(scope, status, (perf_counter() - started) * 1000)
            of_request.reset(bound)
            end_patience(patience)
        return status


def _parent(scope: Scope) -> str | None:
    """Returns the caller's traceparent, if it is one."""
    given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    return given.decode() if _TRACEPARENT.fullmatch(given) else None


async def _send_internal_error(send: Send, ids: RequestIds) -> None:
    body = orjson.dumps({"errors": [internal(ids.trace_id).formatted]})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _log_access(scope: Scope, status: int, milliseconds: float) -> None:
    # The path only: a query string can hold whole queries with their arguments.
    if status >= 400 or milliseconds > _SLOW_MS:
        write = log.info
    elif is_debugging():
        write = log.debug
    else:
        return
    write("request", method=scope["method"], path=scope["path"], status=status, ms=round(milliseconds, 1))
