"""``/graphql``: GraphQL over HTTP, written to ASGI directly because it is the hot path."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from graphql_api.authentication import (
    authenticate,
    authenticate_cookie,
    authenticate_machine,
    service_token_of,
)
from graphql_api.client_address import client_of
from graphql_api.errors import internal
from graphql_api.http_request import Headers, Operation, Refused, parse_get, parse_post, read_body
from graphql_api.negotiation import EVENT_STREAM, GRAPHQL_JSON, JSON, response_type, wants_page
from graphql_api.request_context import request_ids
from graphql_api.runtime import Running, Runtime
from graphql_api.schema import OperationNotAllowed, RushcartSchema
from graphql_api.session_cookies import CSRF_HEADER, MODE_HEADER
from graphql_api.subscriptions.event_stream import send_events
from graphql_api.subscriptions.readers import Reader
from infra.errors import StoreUnavailable
from resolvers.shared.context import Context
from resolvers.shared.failures import RequestError, unavailable
from services.errors import RateLimited
from services.rate_limits import spend_request
from services.user.viewer import Viewer

log = structlog.get_logger(__name__)

RenderPage = Callable[[Request], Response | Awaitable[Response]]
_BY_GET = frozenset({OperationType.QUERY})
_STREAMED_BY_GET = frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION})
_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})
_WANTED = {
    b"authorization",
    b"accept",
    b"content-type",
    b"content-length",
    b"user-agent",
    b"cookie",
    MODE_HEADER,
    CSRF_HEADER,
}
_TYPES = {type_: (b"content-type", f"{type_}; charset=utf-8".encode()) for type_ in (GRAPHQL_JSON, JSON)}
_CACHING = ((b"vary", b"Accept"), (b"cache-control", b"no-store"))


class GraphQLView:
    """An ASGI app for one path. ``render_page`` answers browsers that open it."""

    def __init__(self, schema: RushcartSchema, runtime: Runtime, render_page: RenderPage | None = None) -> None:
        self.schema = schema
        self.runtime = runtime
        self.render_page = render_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        accept = headers.get(b"accept")
        if self.render_page is not None and _opened_by_browser(scope, accept):
            page = self.render_page(Request(scope, receive))
            response = page if isinstance(page, Response) else await page
            await response(scope, receive, send)
            return
        media_type = response_type(accept)
        try:
            if media_type is None:
                raise Refused(406, "NOT_ACCEPTABLE", f"The answer is {GRAPHQL_JSON} or {JSON}.")
            operation = await self._operations(scope, receive, headers)
            context = await self._context(scope, headers)
            await _count(context)
            if media_type == EVENT_STREAM:
                await self._stream(operation, context, scope, receive, send)
                return
            status, payload = await self._answer(operation, context, scope["method"], media_type)
            cookies = self.runtime.running.cookies.headers(scope, context.cookies)
            await _send(send, status, media_type, _encode(payload, scope), cookies)
        except Refused as error:
            await _send(send, error.status, _of_refusal(media_type), orjson.dumps(_refusal(error)), error.headers)

    async def _stream(
        self, operation: Operation | list[Operation], context: Context, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Errors: Refused."""
        if isinstance(operation, list):
            raise Refused(400, "BAD_REQUEST", "A batch cannot be answered with an event stream.")
        allowed = _STREAMED_BY_GET if scope["method"] == "GET" else frozenset(OperationType)
        try:
            results = await self.schema.stream(
                operation.query,
                operation.variables,
                context,
                operation_name=operation.name,
                allowed_operation_types=allowed,
            )
        except OperationNotAllowed as error:
            raise _not_allowed(error) from error
        ended = asyncio.Event()
        with self.runtime.readers.reading(Reader(lambda: context, _setter(ended))):
            # Of cookies that a mutation sets this way none would arrive: the head is sent before it has run.
            encode = partial(_encode_result, scope=scope)
            await send_events(scope, receive, send, results, encode, ended)

    async def _answer(
        self, operation: Operation | list[Operation], context: Context, method: str, media_type: str
    ) -> tuple[int, object]:
        if isinstance(operation, list):
            return 200, await asyncio.gather(*(self._execute_in_batch(one, context) for one in operation))
        result = await self._execute(operation, context, _BY_GET if method == "GET" else _BY_POST)
        # The legacy media type answers 200 to anything that was well-formed JSON.
        refused = media_type == GRAPHQL_JSON and isinstance(result, PreExecutionError)
        return 400 if refused else 200, _format(result)

    async def _operations(
        self, scope: Scope, receive: Receive, headers: dict[bytes, bytes]
    ) -> Operation | list[Operation]:
        if scope["method"] == "GET":
            return parse_get(scope["query_string"])
        if scope["method"] != "POST":
            raise Refused(405, "METHOD_NOT_ALLOWED", "Use POST, or GET for queries.", ((b"allow", b"GET, POST"),))
        maximum = self.runtime.running.infra.settings.max_body_bytes
        body = await read_body(receive, headers.get(b"content-length"), maximum)
        return parse_post(headers.get(b"content-type"), body)

    async def _context(self, scope: Scope, headers: dict[bytes, bytes]) -> Context:
        running = self.runtime.running
        ids = request_ids(scope)
        cookies, token = running.cookies.read(scope, headers)
        return Context(
            running.infra,
            running.tokens,
            await _viewer(running, headers.get(b"authorization"), token),
            ids.request_id,
            ids.trace_id,
            ids.traceparent,
            client_of(scope, headers.get(b"user-agent"), running.infra.settings.trusted_proxies),
            cookies,
        )

    async def _execute(
        self, operation: Operation, context: Context, allowed: frozenset[OperationType]
    ) -> ExecutionResult:
        try:
            return await self.schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.name,
                allowed_operation_types=allowed,
                operation_extensions=operation.extensions,
            )
        except OperationNotAllowed as error:
            raise _not_allowed(error) from error

    async def _execute_in_batch(self, operation: Operation, context: Context) -> dict[str, Any]:
        try:
            return _format(await self._execute(operation, context, _BY_POST))
        except Refused as error:
            return _refusal(error)


def _not_allowed(error: OperationNotAllowed) -> Refused:
    if error.type is OperationType.SUBSCRIPTION:
        way = "ask for text/event-stream, or use a WebSocket"
    else:
        way = "use POST for queries and mutations"
    message = f"A {error.type.value} cannot be sent this way; {way}."
    return Refused(405, "METHOD_NOT_ALLOWED", message, ((b"allow", b"POST"),))


def _of_refusal(media_type: str | None) -> str:
    return media_type if media_type == GRAPHQL_JSON else JSON


async def _count(context: Context) -> None:
    """Errors: Refused, over the limit of the address or of the account."""
    try:
        await spend_request(context.infra, context.client, context.viewer.user_id.hex if context.viewer else None)
    except RateLimited as error:
        seconds = -(-error.retry_after_ms // 1000)
        wait = ((b"retry-after", str(seconds).encode()),)
        raise Refused(429, error.code, error.message, wait, {"retryAfter": seconds}) from error


async def _viewer(running: Running, authorization: bytes | None, cookie: str | None) -> Viewer | None:
    """Errors: Refused."""
    if cookie is not None:
        return authenticate_cookie(cookie, running.tokens, running.infra.revocations)
    try:
        if (token := service_token_of(authorization)) is not None:
            return await authenticate_machine(token, running.machines, running.infra.revocations)
        return authenticate(authorization, running.tokens, running.infra.revocations)
    except RequestError as error:
        challenge = ((b"www-authenticate", b'Bearer error="invalid_token"'),)
        raise Refused(401, error.code, error.message, challenge) from error
    except StoreUnavailable as error:
        shown = unavailable()
        raise Refused(503, shown.code, shown.message, ((b"retry-after", b"1"),)) from error


def _opened_by_browser(scope: Scope, accept: bytes | None) -> bool:
    return scope["method"] == "GET" and b"query=" not in scope["query_string"] and wants_page(accept)


def _format(result: ExecutionResult) -> dict[str, Any]:
    if result.errors is None:
        return {"data": result.data}
    errors = [error.formatted for error in result.errors]
    if isinstance(result, PreExecutionError):
        return {"errors": errors}
    return {"data": result.data, "errors": errors}


def _refusal(error: Refused) -> dict[str, Any]:
    return {"errors": [{"message": error.message, "extensions": {"code": error.code, **error.details}}]}


def _encode(payload: object, scope: Scope) -> bytes:
    try:
        return orjson.dumps(payload)
    except TypeError:
        log.exception("graphql.not_encodable")
        return orjson.dumps({"errors": [internal(request_ids(scope).trace_id).formatted]})


def _encode_result(result: ExecutionResult, scope: Scope) -> bytes:
    return _encode(_format(result), scope)


def _setter(event: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def set_it() -> None:
        event.set()

    return set_it


async def _send(send: Send, status: int, media_type: str, body: bytes, headers: Headers = ()) -> None:
    length = (b"content-length", str(len(body)).encode())
    all_headers = [_TYPES[media_type], length, *_CACHING, *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})
