"""Heads that are put together from memory are those that uvicorn would have written, byte by byte."""

import asyncio
import logging
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from server.remembered_headers import RememberingCycle


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: Any) -> None:
        self.written += data


async def answer(kind: type[RequestResponseCycle], method: str, keep: bool, *messages: dict[str, Any]) -> object:
    transport = Transport()
    cycle = kind(
        scope=cast(Any, {"method": method, "type": "http"}),
        transport=transport,
        flow=FlowControl(transport),
        logger=logging.getLogger(),
        access_logger=logging.getLogger(),
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep,
        on_response=lambda: None,
    )
    try:
        for message in messages:
            await cycle.send(cast(ASGISendEvent, message))
    except RuntimeError as error:
        return str(error)
    return transport.written, cycle.keep_alive, cycle.response_complete


NAMES = st.sampled_from(
    [b"content-type", b"vary", b"x-request-id", b"Etag", b"connection", b"transfer-encoding", b"bad name", b"7"]
)
VALUES = st.sampled_from([b"a", b"close", b"chunked", b"keep-alive, close", b"two\r\nlines", b"", b"long" * 100])


@settings(max_examples=300)
@given(
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    length=st.sampled_from([None, b"4", b"5", b"x"]),
    is_last=st.booleans(),
    body=st.sampled_from([b"body", b""]),
    method=st.sampled_from(["POST", "HEAD"]),
    status=st.sampled_from([200, 304, 503]),
    keep=st.booleans(),
)
async def test_the_bytes_are_uvicorns(
    headers: list[tuple[bytes, bytes]],
    length: bytes | None,
    is_last: bool,
    body: bytes,
    method: str,
    status: int,
    keep: bool,
) -> None:
    lengths = [] if length is None else [(b"content-length", length)]
    told = [*headers, *lengths] if is_last else [*lengths, *headers]
    start = {"type": "http.response.start", "status": status, "headers": told}
    messages = (start, {"type": "http.response.body", "body": body})
    try:
        expected = await answer(RequestResponseCycle, method, keep, *messages)
    except ValueError:  # a length that is none
        return
    for _ in range(2):
        assert await answer(RememberingCycle, method, keep, *messages) == expected
