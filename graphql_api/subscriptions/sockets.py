"""``/graphql`` as a WebSocket: the graphql-transport-ws protocol, by strawberry's handler.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Who is asking is told by the Authorization
header of the handshake, by ``Authorization`` in the payload of ``connection_init`` (browsers cannot set the
header), or by session cookies from an allowed page; what operations cost is told to who asks for it in the same
places (``GraphQL-Cost``). When that has expired or is revoked the connection is closed
with 4403: the client comes back with a new token.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import structlog
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, SubscribeMessage
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from graphql_api.authentication import authenticate_cookie, authenticate_header
from graphql_api.base_url import base_url_of
from graphql_api.client_address import client_of
from graphql_api.http_request import Refused, operation_of
from graphql_api.persisted_documents import PersistedDocuments
from graphql_api.readers import Reader
from graphql_api.request_context import request_ids
from graphql_api.request_headers import COST_HEADER, tells_cost
from graphql_api.request_limits import tell_cost_first
from graphql_api.runtime import Running, Runtime
from graphql_api.schema import RushcartSchema
from graphql_api.subscriptions.origins import may_use_cookies
from graphql_api.subscriptions.socket_messages import SocketMessages
from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.store_time import begin_patience
from resolvers.shared.context import Context
from resolvers.shared.errors import to_request_error
from resolvers.shared.failures import RequestError, unavailable
from services.shared.client import Client
from services.shared.errors import RateLimited
from services.shared.rate_limits import spend_cost
from services.shared.viewer import Viewer

log = structlog.get_logger(__name__)

_INIT_WITHIN = timedelta(seconds=10)
_MOST_OPERATIONS = 20
_FORBIDDEN = 4403
_UNACCEPTABLE = 4406
_WANTED = frozenset({b"authorization", b"cookie", b"user-agent", b"origin", b"host", COST_HEADER})


class SocketView:
    """An ASGI app for the WebSockets of one path."""

    def __init__(self, schema: RushcartSchema, runtime: Runtime, documents: PersistedDocuments) -> None:
        self._schema = schema
        self._runtime = runtime
        self._documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        offered = scope["subprotocols"]
        known = GRAPHQL_TRANSPORT_WS_PROTOCOL in offered
        # Also to be refused it is accepted first: of a handshake that failed a client learns no code but 1006.
        await socket.accept(GRAPHQL_TRANSPORT_WS_PROTOCOL if known else next(iter(offered), None))
        if not known:
            await socket.close(_UNACCEPTABLE, "Subprotocol not acceptable")
            return
        try:
            context = await _greet(self._runtime.running, scope)
        except RequestError as error:
            await socket.close(_FORBIDDEN, error.message[:100])
            return
        messages = SocketMessages(socket)
        connection = _Connection(self._runtime.running, self._schema, self._documents, context, messages)
        await self._serve(connection, scope)

    async def _serve(self, connection: "_Connection", scope: Scope) -> None:
        handling = asyncio.create_task(connection.handle())
        dropped = asyncio.create_task(connection.messages.dropped.wait())
        try:
            with self._runtime.readers.reading(Reader(lambda: connection.context, connection.end)):
                await asyncio.wait({handling, dropped}, return_when=asyncio.FIRST_COMPLETED)
            if dropped.done():
                log.info("subscription.slow_reader", protocol="websocket")
                _abort(scope)
        finally:
            await cancel_and_wait(handling, dropped)


class _Connection(BaseGraphQLTransportWSHandler[Context, None]):
    """One connection. strawberry's handler asks its view about the greeting, which is answered here."""

    def __init__(
        self,
        running: Running,
        schema: RushcartSchema,
        documents: PersistedDocuments,
        context: Context,
        messages: SocketMessages,
    ) -> None:
        self.messages = messages
        self._running = running
        operations = _Operations(schema, documents, lambda: self.context)
        super().__init__(cast(Any, self), cast(Any, messages), context, None, cast(Any, operations), _INIT_WITHIN)
        self.max_subscriptions_per_connection = _MOST_OPERATIONS

    async def on_ws_connect(self, _context: Context) -> dict[str, object]:
        return {}

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        said = _said(message.get("payload") or {})
        if tells_cost(said):
            self.context = replace(self.context, tells_cost=True)
        token = said.get(b"authorization")
        if token is not None and not self.connection_init_received:
            try:
                viewer = await _who(self._running, token, self.context.client)
            except RequestError as error:
                await self.websocket.close(code=_FORBIDDEN, reason=error.message[:100])
                return
            self.context = replace(self.context, viewer=viewer)
        await super().handle_connection_init(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        # The whole payload in the place of the text, which strawberry's handler only passes on: it knows no
        # documents that are named.
        payload = message["payload"]
        await super().handle_subscribe({**message, "payload": {**payload, "query": cast(Any, payload)}})

    async def handle_task_exception(self, error: Exception) -> None:
        log.error("subscription.unexpected_error", exc_info=error)

    async def end(self) -> None:
        await self.messages.close(_FORBIDDEN, "The session has ended")

    @staticmethod
    def _get_pre_execution_close_reason(error: object) -> str | None:
        # An operation that cannot be read is told so by a message; the others of the connection go on.
        return None


class _Operations:
    """The schema as the handler uses it: each operation is counted, and has a context of its own."""

    def __init__(
        self, schema: RushcartSchema, documents: PersistedDocuments, context: Callable[[], Context]
    ) -> None:
        self._schema = schema
        self._documents = documents
        self._context = context

    async def stream(self, payload: object, **given: Any) -> AsyncGenerator[ExecutionResult, None]:
        context = replace(self._context())
        begin_patience()  # in the operation's own task
        try:
            account = context.viewer.user_id.hex if context.viewer else None
            await spend_cost(context.infra, context.client, account, exact=context.tells_cost)
            asked = await self._documents.resolve(operation_of(payload, long_strings=False), context)
            found = await self._schema.charge(asked, context)
            results = await self._schema.stream(asked.query, **{**given, "context_value": context})
        except RateLimited as error:
            return _refused(to_request_error(error))
        except RequestError as error:
            return _refused(error)
        except Refused as error:
            return _refused(RequestError(error.code, error.message, error.details))
        return cast(AsyncGenerator[ExecutionResult, None], tell_cost_first(results, found.cost, context))


async def _refused(error: RequestError) -> AsyncGenerator[ExecutionResult, None]:
    yield PreExecutionError(data=None, errors=[error])


async def _greet(running: Running, scope: Scope) -> Context:
    """Errors: RequestError, for a token that is not valid, or too many connections of the address."""
    headers = {name: value for name, value in scope["headers"] if name in _WANTED}
    infra, ids = running.infra, request_ids(scope)
    client = client_of(scope, headers.get(b"user-agent"), infra.settings)
    viewer = await _who(running, headers.get(b"authorization"), client)
    if viewer is None and may_use_cookies(headers, infra.settings.cors_origins):
        viewer = authenticate_cookie(
            running.cookies.access_token(scope, headers), running.tokens, infra.revocations
        )
    try:
        await spend_cost(infra, client, viewer.user_id.hex if viewer else None)
    except RateLimited as error:
        raise to_request_error(error) from error
    base_url = base_url_of(scope, headers.get(b"host"), infra.settings)
    who = (viewer, ids.request_id, ids.trace_id, ids.traceparent, client)
    return Context(infra, running.tokens, *who, base_url=base_url, tells_cost=tells_cost(headers))


async def _who(running: Running, authorization: bytes | None, client: Client) -> Viewer | None:
    """Errors: RequestError."""
    try:
        return await authenticate_header(authorization, running.infra, running.tokens, running.machines, client)
    except StoreUnavailable as error:
        raise unavailable() from error
    except RateLimited as error:
        raise to_request_error(error) from error


def _said(payload: dict[str, object]) -> dict[bytes, bytes]:
    """Returns what would be headers, if browsers could send them: from the payload, or else its ``headers``."""
    headers = payload.get("headers")
    said: dict[bytes, bytes] = {}
    for place in (payload, headers if isinstance(headers, dict) else {}):
        for name, value in place.items():
            if isinstance(name, str) and isinstance(value, str):
                said.setdefault(name.lower().encode("utf-8", "replace"), value.encode("utf-8", "replace"))
    return said


def _abort(scope: Scope) -> None:
    """Its buffers are full: a polite end would wait for the reader as well."""
    with suppress(KeyError):
        scope["extensions"]["rushcart.abort"]()
