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

from graphql_api.base_url import base_url_of
from graphql_api.client_address import client_of
from graphql_api.http_answer import send_answer
from graphql_api.http_request import Operation, Refused, not_allowed, parse_get, parse_post, read_body
from graphql_api.multipart import is_form
from graphql_api.negotiation import (
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    response_type,
    status_of_refusal,
    type_of_refusal,
)
from graphql_api.payload import encode, formatted, refusal_of
from graphql_api.persisted_documents import NOT_FOUND, PersistedDocuments
from graphql_api.public_answers import Answer, Key, Made
from graphql_api.readers import Reader
from graphql_api.request_context import request_ids
from graphql_api.request_headers import CART_HEADER, headers_of, is_opened_by_browser, tells_cost
from graphql_api.request_limits import count_cost, count_cost_of, tell_cost, tell_cost_first
from graphql_api.runtime import Runtime
from graphql_api.schema import Found, OperationNotAllowed, RushcartSchema
from graphql_api.subscriptions.event_stream import send_events
from graphql_api.uploads import Uploads
from graphql_api.viewer import viewer_of
from resolvers.shared.context import Context
from resolvers.shared.failures import RequestError
from services.shared.rate_limits import REQUEST_COST, is_address_free

log = structlog.get_logger(__name__)

RenderPage = Callable[[Request], Response | Awaitable[Response]]
_BY_GET = frozenset({OperationType.QUERY})
_STREAMED_BY_GET = frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION})
_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})


class GraphQLView:
    """An ASGI app for one path. ``render_page`` answers browsers that open it."""

    def __init__(
        self,
        schema: RushcartSchema,
        runtime: Runtime,
        documents: PersistedDocuments,
        render_page: RenderPage | None = None,
    ) -> None:
        self.schema = schema
        self.runtime = runtime
        self.render_page = render_page
        self._documents = documents
        self._uploads = Uploads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        accept = headers.get(b"accept")
        if self.render_page is not None and is_opened_by_browser(scope, accept):
            page = self.render_page(Request(scope, receive))
            response = page if isinstance(page, Response) else await page
            await response(scope, receive, send)
            return
        media_type = response_type(accept)
        try:
            if media_type is None:
                raise Refused(406, "NOT_ACCEPTABLE", f"The answer is {GRAPHQL_JSON} or {JSON}.")
            base_url = base_url_of(scope, headers.get(b"host"), self.runtime.running.infra.settings)
            if scope["method"] == "POST" and is_form(headers.get(b"content-type")):
                await self._take_form(scope, receive, send, headers, media_type, base_url)
                return
            body = b"" if scope["method"] == "GET" else await self._body(scope, receive, headers)
            key = self._key(scope, headers, media_type, body, base_url)
            if key is not None and await self._answer_kept(key, scope, send, headers):
                return
            context = await self._context(scope, headers, base_url)
            await count_cost(context)
            if media_type == EVENT_STREAM:
                operation = await self._operation(scope, headers, body, context, media_type)
                await self._stream(operation, context, scope, receive, send)
                return
            operation = await self._operation(scope, headers, body, context, media_type)
            answer = await self._make(operation, context, scope, media_type, key)
            await self._send(scope, send, headers, media_type, answer, context)
        except Refused as error:
            refusal = Answer(error.status, orjson.dumps(refusal_of(error)))
            settings = self.runtime.running.infra.settings
            type_ = type_of_refusal(media_type)
            await send_answer(scope, send, settings, type_, refusal, others=error.headers)

    def find_kept(
        self, scope: Scope, headers: dict[bytes, bytes], body: bytes | bytearray
    ) -> tuple[str, Answer] | None:
        """Returns the media type and the answer, if it is kept and nobody has to be asked first."""
        accept, running = headers.get(b"accept"), self.runtime.running
        if self._may_be_known(scope, headers):
            return None
        media_type = response_type(accept)
        if media_type is None or (self.render_page is not None and is_opened_by_browser(scope, accept)):
            return None
        settings = running.infra.settings
        base_url = base_url_of(scope, headers.get(b"host"), settings)
        key = self._key(scope, headers, media_type, bytes(body), base_url)
        answer = None if key is None else running.answers.find(key)
        if answer is None or not is_address_free(running.infra, client_of(scope, None, settings)):
            return None
        return media_type, answer

    async def _answer_kept(self, key: Key, scope: Scope, send: Send, headers: dict[bytes, bytes]) -> bool:
        """Answer from memory, if that can be; nobody asks who it is for, and what for. Errors: Refused."""
        running = self.runtime.running
        answer = running.answers.find(key)
        if answer is None:
            return False
        settings = running.infra.settings
        await count_cost_of(running.infra, client_of(scope, None, settings))
        known = headers.get(b"if-none-match")
        await send_answer(scope, send, settings, key[1], answer, if_none_match=known)
        return True

    async def _send(
        self,
        scope: Scope,
        send: Send,
        headers: dict[bytes, bytes],
        media_type: str,
        answer: Answer,
        context: Context,
    ) -> None:
        others, known = self.runtime.running.cookies.headers(scope, context.cookies), headers.get(b"if-none-match")
        settings = context.infra.settings
        await send_answer(scope, send, settings, media_type, answer, others=others, if_none_match=known)

    async def _take_form(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: dict[bytes, bytes],
        media_type: str,
        base_url: str,
    ) -> None:
        context = await self._context(scope, headers, base_url)
        await count_cost(context)
        with self._uploads.form(context, headers, media_type) as form:
            operation = await form.read(receive, headers.get(b"content-length"))
            operation = await self._ready(operation, context, media_type)
            answer = await self._make(operation, context, scope, media_type, None)
            await self._send(scope, send, headers, media_type, answer, context)

    async def _stream(
        self, operation: Operation | list[Operation], context: Context, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Errors: Refused."""
        if isinstance(operation, list):
            raise Refused(400, "BAD_REQUEST", "A batch cannot be answered with an event stream.")
        allowed = _STREAMED_BY_GET if scope["method"] == "GET" else frozenset(OperationType)
        found = await self.schema.charge(operation, context)
        try:
            results = await self.schema.stream(
                operation.query,
                operation.variables,
                context,
                operation_name=operation.name,
                allowed_operation_types=allowed,
            )
        except OperationNotAllowed as error:
            raise not_allowed(error.type) from error
        ended = asyncio.Event()
        with self.runtime.readers.reading(Reader.until(context, ended)):
            # Of cookies that a mutation sets this way none would arrive: the head is sent before it has run.
            encode = partial(_encode_result, scope=scope)
            told = tell_cost_first(results, found.cost, context)
            await send_events(scope, receive, send, told, encode, ended)

    async def _make(
        self,
        operation: Operation | list[Operation],
        context: Context,
        scope: Scope,
        media_type: str,
        key: Key | None,
    ) -> Answer:
        """Of a public query one for all who ask the same at the time. Errors: Refused."""
        if isinstance(operation, list):
            batch = await asyncio.gather(*(self._execute_in_batch(one, context) for one in operation))
            return Answer(200, encode(batch, scope))
        # Before: whoever else waits for the answer is not refused for this one's budget.
        found = await self.schema.charge(operation, context)
        if key is None or not found.policy.keeps:
            made = await self._execute(found, operation, context, scope, media_type)
            return Answer(made.status, made.body)
        execute = partial(self._execute, found, operation, context, scope, media_type)
        return await self.runtime.running.answers.make(key, found.policy, media_type, execute)

    async def _execute(
        self, found: Found, operation: Operation, context: Context, scope: Scope, media_type: str
    ) -> Made:
        """Errors: Refused."""
        try:
            allowed = _BY_GET if scope["method"] == "GET" else _BY_POST
            result = await self.schema.run(found, operation, context, allowed)
        except OperationNotAllowed as error:
            raise not_allowed(error.type) from error
        payload = formatted(result)
        if context.tells_cost:
            await tell_cost(payload, found.cost, context)
        status = status_of_refusal(media_type) if isinstance(result, PreExecutionError) else 200
        is_clean = status == 200 and result.errors is None
        return Made(status, encode(payload, scope), is_clean and context.cookies.is_untouched)

    def _key(
        self, scope: Scope, headers: dict[bytes, bytes], media_type: str, body: bytes, base_url: str
    ) -> Key | None:
        """Returns the key of a public answer; None when the asker is known, or may be: then nothing is taken from
        others' answers or given to them."""
        if self._may_be_known(scope, headers) or tells_cost(headers) or not self.schema.is_whole:
            return None
        if scope["method"] == "GET":
            return "GET", media_type, None, scope["query_string"], base_url
        return "POST", media_type, headers.get(b"content-type"), body, base_url

    def _may_be_known(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        return b"authorization" in headers or self.runtime.running.cookies.has_session(scope, headers)

    async def _body(self, scope: Scope, receive: Receive, headers: dict[bytes, bytes]) -> bytes:
        if scope["method"] != "POST":
            raise Refused(405, "METHOD_NOT_ALLOWED", "Use POST, or GET for queries.", ((b"allow", b"GET, POST"),))
        maximum = self.runtime.running.infra.settings.max_body_bytes
        return await read_body(receive, headers.get(b"content-length"), maximum)

    async def _operation(
        self, scope: Scope, headers: dict[bytes, bytes], body: bytes, context: Context, media_type: str
    ) -> Operation | list[Operation]:
        """Errors: Refused."""
        if scope["method"] == "GET":
            found: Operation | list[Operation] = parse_get(scope["query_string"])
        else:
            found = parse_post(headers.get(b"content-type"), body)
        return await self._ready(found, context, media_type)

    async def _ready(
        self, found: Operation | list[Operation], context: Context, media_type: str
    ) -> Operation | list[Operation]:
        """Returns the operation with its text; of a batch each has its own answer, and counts. Errors: Refused."""
        if not isinstance(found, list):
            return await self._with_text(found, context, media_type) if self._documents.is_needed(found) else found
        if len(found) > 1:
            await count_cost(context, (len(found) - 1) * REQUEST_COST)
        return found

    async def _with_text(self, operation: Operation, context: Context, media_type: str) -> Operation:
        """Errors: Refused."""
        try:
            return await self._documents.resolve(operation, context)
        except RequestError as error:
            # Apollo's client for iOS reads no body of another status, and would not send the text.
            status = 200 if error.code == NOT_FOUND else status_of_refusal(media_type)
            raise Refused(status, error.code, error.message) from error

    async def _context(self, scope: Scope, headers: dict[bytes, bytes], base_url: str) -> Context:
        running = self.runtime.running
        ids = request_ids(scope)
        cookies, token = running.cookies.read(scope, headers, base_url)
        client = client_of(scope, headers.get(b"user-agent"), running.infra.settings)
        return Context(
            running.infra,
            running.tokens,
            await viewer_of(running, headers.get(b"authorization"), token, client),
            ids.request_id,
            ids.trace_id,
            ids.traceparent,
            client,
            cookies,
            cart_token=headers.get(CART_HEADER, b"")[:100].decode("latin-1") or None,
            base_url=base_url,
            tells_cost=tells_cost(headers),
        )

    async def _execute_in_batch(self, operation: Operation, context: Context) -> dict[str, Any]:
        try:
            asked = await self._with_text(operation, context, JSON)
            found = await self.schema.charge(asked, context)
            result = await self.schema.run(found, asked, context, _BY_POST)
        except OperationNotAllowed as error:
            return refusal_of(not_allowed(error.type))
        except Refused as error:
            return refusal_of(error)
        payload = formatted(result)
        if context.tells_cost:
            await tell_cost(payload, found.cost, context)
        return payload


def _encode_result(result: ExecutionResult, scope: Scope) -> bytes:
    return encode(formatted(result), scope)
