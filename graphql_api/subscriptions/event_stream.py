"""Server-sent events: every result an event of one HTTP response.

The protocol is graphql-sse's "distinct connections mode"
(https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import cast

import structlog
from starlette.types import Receive, Scope, Send
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionResult

from graphql_api.subscriptions.patience import QUIET, SEND_WITHIN
from infra.cancellation import cancel_and_wait

log = structlog.get_logger(__name__)

Encode = Callable[[ExecutionResult], bytes]
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),
]


async def send_events(
    scope: Scope, receive: Receive, send: Send, results: StreamResult, encode: Encode, ended: asyncio.Event
) -> None:
    """Send events until the results end, or the server, the client or ``ended`` does, or the client takes nothing
    more."""
    sending = asyncio.create_task(_send_all(send, results, encode))
    leaving = asyncio.create_task(_left(receive))
    others = [asyncio.create_task(event.wait()) for event in (_stopping(scope), ended)]
    try:
        await asyncio.wait({sending, leaving, *others}, return_when=asyncio.FIRST_COMPLETED)
        has_left = leaving.done()
    finally:
        await cancel_and_wait(sending, leaving, *others)
    if not sending.cancelled():
        sending.result()
    elif not has_left:
        # Cut off without "complete": the client comes back, to another server.
        await _send_chunk(send, b"", last=True)


def _stopping(scope: Scope) -> asyncio.Event:
    event: asyncio.Event = scope.get("rushcart.stopping") or asyncio.Event()
    return event


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_all(send: Send, results: StreamResult, encode: Encode) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
    try:
        async with aclosing(results):
            # Something at once, so that the client knows it is connected.
            await _send_chunk(send, b":\n\n")
            async for event in _with_signs_of_life(results, encode):
                await _send_chunk(send, event)
            await _send_chunk(send, b"event: complete\ndata:\n\n", last=True)
    except TimeoutError:
        log.info("subscription.slow_reader", protocol="sse")


async def _with_signs_of_life(results: StreamResult, encode: Encode) -> AsyncGenerator[bytes, None]:
    coming = asyncio.create_task(anext(results, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=QUIET)
            if not done:
                yield b":\n\n"
                continue
            result = coming.result()
            if result is None:
                return
            yield b"event: next\ndata: " + encode(cast(ExecutionResult, result)) + b"\n\n"
            coming = asyncio.create_task(anext(results, None))
    finally:
        with suppress(Exception):
            await cancel_and_wait(coming)


async def _send_chunk(send: Send, body: bytes, *, last: bool = False) -> None:
    async with asyncio.timeout(SEND_WITHIN):
        await send({"type": "http.response.body", "body": body, "more_body": not last})
