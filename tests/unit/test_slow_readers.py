"""A reader that takes nothing more is dropped; nobody waits for it."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.types import ExecutionResult

from graphql_api.subscriptions import event_stream, socket_messages
from graphql_api.subscriptions.event_stream import send_events
from graphql_api.subscriptions.socket_messages import SocketMessages
from infra.read_together import ReadTogether


async def _never(*_args: object) -> None:
    await asyncio.Event().wait()


async def test_a_full_socket_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_messages, "SEND_WITHIN", 0.01)
    messages = SocketMessages(cast(WebSocket, SimpleNamespace(send_text=_never)))
    with pytest.raises(WebSocketDisconnected):
        await messages.send_json({"type": "pong"})
    assert messages.dropped.is_set()


async def test_a_full_event_stream_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "SEND_WITHIN", 0.01)
    closed: list[bool] = []
    sent: list[str] = []

    async def results() -> AsyncGenerator[ExecutionResult, None]:
        try:
            while True:
                yield ExecutionResult(data={}, errors=None)
        finally:
            closed.append(True)

    async def send(message: Message) -> None:
        sent.append(message["type"])
        if len(sent) > 3:
            await _never()

    await send_events({}, cast(Any, _never), send, results(), lambda _: b"{}", asyncio.Event())
    assert closed == [True]
    assert sent == ["http.response.start", *["http.response.body"] * 3]


async def test_reads_that_come_together_are_one() -> None:
    asked: list[list[int]] = []

    async def load(keys: Any) -> dict[int, str]:
        asked.append(list(keys))
        if 7 in keys:
            raise ValueError("seven")
        return {key: str(key) for key in keys if key != 3}

    reader: ReadTogether[int, str] = ReadTogether(load)
    assert await asyncio.gather(*map(reader.read, (1, 2, 3, 1))) == ["1", "2", None, "1"]
    assert asked == [[1, 2, 3]]
    found = await asyncio.gather(reader.read(7), reader.read(8), return_exceptions=True)
    assert [str(error) for error in found] == ["seven", "seven"]
    assert await reader.read(8) == "8"
    await reader.close()
